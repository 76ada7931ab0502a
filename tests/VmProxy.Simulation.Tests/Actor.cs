namespace VmProxy.Simulation.Tests;

/// <summary>One process of the simulated world: a script that runs on the driver's thread from one store call to the next.</summary>
sealed class Actor(World world, int number, string kind, TimeSpan skew)
{
    readonly List<(TaskCompletionSource<Outcome> Gate, StoreOperation Operation)> _waiting = [];

    public World World => world;

    public int Number => number;

    public string Kind => kind;

    public TimeProvider Clock { get; } = new SkewedClock(world, skew);

    public Task Work { get; private set; } = Task.CompletedTask;

    /// <summary>The step before which it is not let go on.</summary>
    public int SuspendedUntil { get; set; }

    public bool IsDead { get; private set; }

    /// <summary>A call of it has failed, or its answer was lost.</summary>
    public bool HasSeenFailure { get; private set; }

    /// <summary>Nobody else is at work: its calls need not wait.</summary>
    public bool IsAlone { get; init; }

    public bool IsWaiting => _waiting.Count > 0 && !IsDead;

    public bool IsOver => IsDead || Work.IsCompleted;

    public void Start(Func<Actor, Task> script) => Work = script(this);

    /// <summary>Called by the store: a continuation runs at once, on the driver's thread, when the gate is opened.</summary>
    public Task<Outcome> WaitAsync(StoreOperation operation)
    {
        if (IsAlone)
        {
            return Task.FromResult(Outcome.Done);
        }

        var gate = new TaskCompletionSource<Outcome>();
        _waiting.Add((gate, operation));
        return gate.Task;
    }

    public StoreOperation Next => _waiting[0].Operation;

    /// <summary>Lets one call through.</summary>
    public void Release(Outcome outcome)
    {
        var (gate, _) = _waiting[0];
        _waiting.RemoveAt(0);
        HasSeenFailure |= outcome != Outcome.Done;
        gate.SetResult(outcome);
    }

    /// <summary>Power off: whatever it waits for never comes back.</summary>
    public void Kill() => IsDead = true;

    public override string ToString() => $"{kind} {number}";

    sealed class SkewedClock(World world, TimeSpan skew) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => world.Now + skew;
    }
}
