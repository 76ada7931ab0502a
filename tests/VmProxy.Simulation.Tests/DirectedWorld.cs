namespace VmProxy.Simulation.Tests;

/// <summary>A world whose driver follows an order of turns: of whom each turn is, and after which of its calls it ends.</summary>
/// <param name="cast">Who acts.</param>
/// <param name="order">The letters of the roles, one a turn.</param>
/// <param name="cuts">For each turn that is not the last one of its role: after how many calls of the role, counted from its beginning, it ends.</param>
sealed class DirectedWorld(Cast cast, string order, IReadOnlyList<int> cuts, bool traces)
    : World($"{cast.Name}: {order}, switches after calls {string.Join(", ", cuts)}", cast.IsEncrypted ? Template.Encrypted : Template.Open, splitsListings: false, traces)
{
    // Notes that tell the time differ in length then.
    static readonly TimeSpan Tick = TimeSpan.FromSeconds(1.25);

    readonly List<StoreOperation>[] _turns = [.. order.Select(_ => new List<StoreOperation>())];
    int _turn = -1;

    /// <summary>The turns of an order that end with a switch.</summary>
    public static IReadOnlyList<int> SwitchesOf(string order) => [.. Enumerable.Range(0, order.Length).Where(turn => order.IndexOf(order[turn], turn + 1) > 0)];

    /// <summary>
    /// For each cut the next later one that makes another story: calls that do not conflict with anything that others do before the actor's next turn may
    /// as well come before them. <see cref="int.MaxValue"/> when there is none.
    /// </summary>
    public int[] NextCuts() => [.. SwitchesOf(order).Select((turn, cut) => NextCut(turn, cuts[cut]))];

    public override void OnApplied(Actor actor, StoreOperationKind kind, string name)
    {
        base.OnApplied(actor, kind, name);
        Pass(Tick);
        if (_turn >= 0)
        {
            _turns[_turn].Add(new StoreOperation(kind, name));
        }
    }

    protected override void Live()
    {
        var prologue = new Actor(this, Promises.NextActor(), "prologue", TimeSpan.Zero) { IsAlone = true };
        prologue.Start(cast.Prologue);
        ThrowIfFailed(prologue);
        var actors = cast.Roles.ToDictionary(role => role.Letter, role => new Actor(this, Promises.NextActor(), role.Kind, TimeSpan.Zero));
        var calls = cast.Roles.ToDictionary(role => role.Letter, _ => 0);
        var switches = SwitchesOf(order);
        var cut = 0;
        for (_turn = 0; _turn < order.Length; _turn++)
        {
            var letter = order[_turn];
            if (order.IndexOf(letter, StringComparison.Ordinal) == _turn)
            {
                actors[letter].Start(cast.Roles.Single(role => role.Letter == letter).Script);
                ThrowIfFailed(actors[letter]);
            }

            var end = switches.Contains(_turn) ? cuts[cut++] : int.MaxValue;
            for (; actors[letter].IsWaiting && calls[letter] < end; calls[letter]++)
            {
                Steps++;
                Apply(actors[letter], Outcome.Done);
            }
        }

        _turn = -1;
    }

    int NextCut(int turn, int cut)
    {
        var next = order.IndexOf(order[turn], turn + 1);
        var others = _turns[(turn + 1)..next].SelectMany(operations => operations).ToList();
        var conflict = _turns[next].FindIndex(mine => others.Exists(other => IsConflict(mine, other)));
        return conflict < 0 ? int.MaxValue : cut + conflict + 1;
    }

    static bool IsConflict(StoreOperation one, StoreOperation two) =>
        (Changes(one) || Changes(two))
        && (one.Name == two.Name
            || (one.Kind == StoreOperationKind.List && two.Name.StartsWith(one.Name, StringComparison.Ordinal))
            || (two.Kind == StoreOperationKind.List && one.Name.StartsWith(two.Name, StringComparison.Ordinal)));

    static bool Changes(StoreOperation operation) => operation.Kind is StoreOperationKind.Complete or StoreOperationKind.Delete;
}
