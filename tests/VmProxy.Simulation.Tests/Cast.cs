namespace VmProxy.Simulation.Tests;

/// <summary>A small world of scripted actors, whose every interleaving with few switches is tried.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Prologue">What has happened before, undisturbed.</param>
/// <param name="Roles">Who is at work at the same time.</param>
sealed record Cast(string Name, Func<Actor, Task> Prologue, params Role[] Roles)
{
    /// <summary>How often an actor may be interrupted in favour of another one, all together.</summary>
    public int Switches { get; init; } = 2;

    /// <summary>Keys change.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>Whose turn is the first, if only that is of interest.</summary>
    public string First { get; init; } = "";

    public override string ToString() => Name;

    /// <summary>
    /// All orders of turns: each role has at least one, nobody has two in a row. The last turn of a role lasts until it has ended; every turn before it
    /// is a switch.
    /// </summary>
    public IEnumerable<string> Orders()
    {
        var orders = new List<string> { "" };
        for (var length = 1; length <= Roles.Length + Switches; length++)
        {
            orders = [.. orders.SelectMany(order => Roles.Where(role => !order.EndsWith(role.Letter)).Select(role => order + role.Letter))];
            foreach (var order in orders.Where(order => order.StartsWith(First, StringComparison.Ordinal) && Roles.All(role => order.Contains(role.Letter)) && IsFirstOfTwins(order)))
            {
                yield return order;
            }
        }
    }

    // Roles that do the same are one story in whatever order.
    bool IsFirstOfTwins(string order) =>
        Roles.All(role => Roles.All(twin => twin.Script != role.Script || twin.Letter >= role.Letter || order.IndexOf(twin.Letter) < order.IndexOf(role.Letter)));
}

/// <summary>An actor of a cast.</summary>
/// <param name="Letter">Stands for it in the order of turns.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Script">What it does.</param>
sealed record Role(char Letter, string Kind, Func<Actor, Task> Script);
