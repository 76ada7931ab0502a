using System.Globalization;

namespace VmProxy.Simulation.Tests;

/// <summary>
/// A store, the actors that work on it, and what they were promised. A driver, which a subclass is, lets one store call through at a time.
/// </summary>
abstract class World
{
    readonly Dictionary<string, Shelf> _folders = new(StringComparer.Ordinal);
    readonly Dictionary<string, long> _births = new(StringComparer.Ordinal);
    readonly List<string>? _trace;
    readonly Template _template;
    readonly MemoryObjectStore _store;
    long _lastBirth;

    protected World(string name, Template template, bool splitsListings, bool traces)
    {
        (Name, _template, SplitsListings, _trace) = (name, template, splitsListings, traces ? [] : null);
        _store = template.Store.Clone(new WorldClock(this));
        foreach (var made in _store.Names)
        {
            OnStored(made, _store.Content(made).Length);
        }
    }

    /// <summary>What repeats it.</summary>
    public string Name { get; }

    public DateTimeOffset Now { get; private set; } = new(2026, 11, 23, 0, 0, 0, TimeSpan.Zero);

    public bool SplitsListings { get; }

    public bool IsEncrypted => _template.Key is not null;

    public Promises Promises { get; } = new();

    public int Steps { get; protected set; }

    /// <summary>What happened, in a form that does not depend on random names.</summary>
    public ulong Fingerprint { get; private set; } = 14695981039346656037;

    public void Count(string ending) => Endings[ending] = Endings.GetValueOrDefault(ending) + 1;

    public Dictionary<string, int> Endings { get; } = new(StringComparer.Ordinal);

    /// <summary>True once something happened that can break a promise: what points need goes away, a point comes, or its state changes.</summary>
    protected bool Checks { get; set; }

    /// <summary>Lets the actors live, one call at a time.</summary>
    protected abstract void Live();

    /// <summary>Called after each call that was let through.</summary>
    protected virtual void AfterStep()
    {
    }

    public void Pass(TimeSpan time) => Now += time;

    /// <summary>Runs the whole story; throws <see cref="SimulationException"/> when a promise is broken.</summary>
    public void Run()
    {
        // With a context of the test framework, continuations would run elsewhere than on this thread, at once.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            Live();
            Settle();
            Check(null);
        }
        catch (Exception error) when (error is not SimulationException)
        {
            throw Broken($"unexpected {error}");
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>A repository that was opened before the world began, with the keys of that time.</summary>
    public BackupRepository Open(Actor actor) => _template.OpenEarly(new GatedStore(_store, this, actor), actor.Clock);

    /// <summary>Opens the repository now.</summary>
    public Task<BackupRepository> OpenAsync(Actor actor) => Template.OpenAsync(new GatedStore(_store, this, actor), _template.Key, actor.Clock);

    /// <summary>Lists one half of the objects, or all, in the order of their birth: random names decide nothing.</summary>
    public ValueTask<List<ObjectInfo>> ListAsync(string prefix, int part, bool isSplit)
    {
        var found = new List<ObjectInfo>();
        foreach (var (name, born) in prefix.Length == 0 ? _folders.Values.SelectMany(folder => folder) : Folder(prefix))
        {
            if ((!isSplit || (born.Number & 1) == part) && name.StartsWith(prefix, StringComparison.Ordinal))
            {
                found.Add(new ObjectInfo(name, born.Length, born.Time));
            }
        }

        return ValueTask.FromResult(found);
    }

    /// <summary>Keeps what listings show.</summary>
    public void OnStored(string name, int length)
    {
        var folder = Folder(name);
        folder[name] = (folder.TryGetValue(name, out var before) ? before.Number : Birth(name), length, Now);
    }

    public void OnDeleted(string name) => Folder(name).Remove(name);

    public virtual void OnApplied(Actor actor, StoreOperationKind kind, string name)
    {
        var birth = kind == StoreOperationKind.List ? 0 : Birth(name);
        var what = name[..(name.IndexOf('/', StringComparison.Ordinal) + 1)];
        foreach (var c in string.Create(CultureInfo.InvariantCulture, $"{actor.Number} {kind} {what}{birth}"))
        {
            Fingerprint = unchecked((Fingerprint ^ c) * 1099511628211);
        }

        _trace?.Add(string.Create(CultureInfo.InvariantCulture, $"{Steps,5} {Now:dd HH:mm:ss} {actor,-12} {kind,-8} {name}"));

        Checks |= (kind == StoreOperationKind.Delete && what is "data/" or "meta/" or "index/" or "points/")
            || (kind == StoreOperationKind.Complete && (what is "points/" or "trash/" || name.EndsWith(".closed", StringComparison.Ordinal)));
    }

    public SimulationException Broken(string what) => new(
        $"{Name}, step {Steps}: {what}{(_trace is null ? "" : "\n" + string.Join('\n', _trace.TakeLast(400)))}");

    Shelf Folder(string name)
    {
        var top = name[..(name.IndexOf('/', StringComparison.Ordinal) + 1)];
        if (!_folders.TryGetValue(top, out var folder))
        {
            folder = _folders[top] = [];
        }

        return folder;
    }

    long Birth(string name)
    {
        if (!_births.TryGetValue(name, out var birth))
        {
            _births[name] = birth = ++_lastBirth;
        }

        return birth;
    }

    protected void Apply(Actor actor, Outcome outcome)
    {
        actor.Release(outcome);
        ThrowIfFailed(actor);
        AfterStep();
    }

    protected void ThrowIfFailed(Actor actor)
    {
        if (actor.Work.Exception is { } error)
        {
            throw error.InnerException is SimulationException broken ? broken : Broken($"{actor}: {error.InnerException}");
        }

        if (!actor.IsOver && !actor.IsWaiting)
        {
            throw Broken($"{actor} waits for something that is no store call");
        }
    }

    /// <summary>In the end nobody is at work, and after some prunes nothing is left but what points use.</summary>
    void Settle()
    {
        const int Rounds = 6;
        for (var i = 0; i < Rounds; i++)
        {
            Pass(TimeSpan.FromDays(10));
            var actor = new Actor(this, -1, "last prune", TimeSpan.Zero);
            PruneReport? report = null;
            actor.Start(async _ => report = await Open(actor).PruneAsync(new PruneOptions { Grace = TimeSpan.Zero }, null, default));
            ThrowIfFailed(actor);
            while (actor.IsWaiting)
            {
                Apply(actor, Outcome.Done);
            }

            if (report is { Condemned.Count: 0, Waiting.Count: 0, PointsWaiting: 0, PointsRemoved: 0 })
            {
                break;
            }

            if (i == Rounds - 1 && (report is not { Condemned.Count: 0, Waiting.Count: 0, PointsWaiting: 0 } || report.WaitingFor.Count > 0))
            {
                throw Broken($"garbage stays: {report}");
            }
        }

        Expect(() => Promises.CheckIndexAsync(_template.OpenEarly(new GatedStore(_store, this, null), new WorldClock(this)), _store));
        Expect(() => Promises.Keys.CheckAsync(key => Template.OpenAsync(new GatedStore(_store, this, null), key, new WorldClock(this))));
    }

    /// <summary>Every point that was promised is listed and restores byte for byte. So does every point that is listed.</summary>
    /// <param name="sample">Chooses which points are restored; null restores all, with the keys as they are now.</param>
    protected void Check(Random? sample) => Expect(async () => await Promises.CheckAsync(
        sample is null
            ? await Template.OpenAsync(new GatedStore(_store, this, null), _template.Key, new WorldClock(this))
            : _template.OpenEarly(new GatedStore(_store, this, null), new WorldClock(this)),
        sample));

    void Expect(Func<Task<string?>> check)
    {
        string? problem = null;
        async Task RunAsync() => problem = await check();
        var task = RunAsync();
        problem = task.IsCompleted ? task.Exception?.InnerException?.ToString() ?? problem : "the check did not end at once";
        if (problem is not null)
        {
            throw Broken(problem);
        }
    }

    sealed class WorldClock(World world) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => world.Now;
    }
}

/// <summary>The objects of one prefix. Removing leaves the order of the others as it is, and nothing decides by it but the order of listings.</summary>
sealed class Shelf : Dictionary<string, (long Number, int Length, DateTimeOffset Time)>
{
    public Shelf()
        : base(StringComparer.Ordinal)
    {
    }
}

sealed class SimulationException(string message) : Exception(message);
