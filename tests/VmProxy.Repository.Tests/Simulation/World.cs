using System.Globalization;

namespace VmProxy.Repository.Tests.Simulation;

/// <summary>
/// A store, the actors that work on it, and what they were promised. The driver lets one store call through at a time, chosen by a seed; it also suspends actors
/// for any time, lets calls fail, loses answers and kills.
/// </summary>
sealed class World
{
    const int MaxSteps = 450;
    static readonly Template Made = Template.Make();

    readonly Random _random;
    readonly List<Actor> _actors = [];
    readonly Dictionary<string, Shelf> _folders = new(StringComparer.Ordinal);
    readonly Dictionary<string, long> _births = new(StringComparer.Ordinal);
    readonly List<string>? _trace;
    readonly MemoryObjectStore _store;
    int _step;
    long _lastBirth;
    bool _checks;

    public World(int seed, bool traces = false)
    {
        (Seed, _random, _trace) = (seed, new Random(seed), traces ? [] : null);
        _store = Made.Store.Clone(new WorldClock(this));
        SplitsListings = _random.Next(3) == 0;
        Promises = new Promises();
    }

    public int Seed { get; }

    public DateTimeOffset Now { get; private set; } = new(2026, 11, 23, 0, 0, 0, TimeSpan.Zero);

    public bool SplitsListings { get; }

    public Promises Promises { get; }

    public int Steps => _step;

    /// <summary>What happened, in a form that does not depend on random names.</summary>
    public ulong Fingerprint { get; private set; } = 14695981039346656037;

    public IReadOnlyList<string> Trace => _trace ?? [];

    public void Count(string ending) => Endings[ending] = Endings.GetValueOrDefault(ending) + 1;

    public Dictionary<string, int> Endings { get; } = new(StringComparer.Ordinal);

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

    public BackupRepository Open(Actor actor) => Made.Open(new GatedStore(_store, this, actor), actor.Clock);

    /// <summary>Lists one half of the objects, or all, in the order of their birth: random names decide nothing.</summary>
    public ValueTask<List<ObjectInfo>> ListAsync(string prefix, int part, bool isSplit)
    {
        var found = new List<ObjectInfo>();
        foreach (var (name, born) in Folder(prefix))
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

    public void OnApplied(Actor actor, StoreOperationKind kind, string name)
    {
        var birth = kind == StoreOperationKind.List ? 0 : Birth(name);
        var what = name[..(name.IndexOf('/', StringComparison.Ordinal) + 1)];
        foreach (var c in string.Create(CultureInfo.InvariantCulture, $"{actor.Number} {kind} {what}{birth}"))
        {
            Fingerprint = unchecked((Fingerprint ^ c) * 1099511628211);
        }

        _trace?.Add(string.Create(CultureInfo.InvariantCulture, $"{_step,5} {Now:dd HH:mm:ss} {actor,-12} {kind,-8} {name}"));

        // What can break a promise: something that points need goes away, a point comes, or its state changes.
        _checks |= (kind == StoreOperationKind.Delete && what is "data/" or "meta/" or "index/" or "points/")
            || (kind == StoreOperationKind.Complete && (what is "points/" or "trash/" || name.EndsWith(".closed", StringComparison.Ordinal)));
    }

    public SimulationException Broken(string what) => new(
        $"Seed {Seed}, step {_step}: {what}{(_trace is null ? "" : "\n" + string.Join('\n', _trace.TakeLast(400)))}");

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

    void Live()
    {
        var left = _random.Next(3, 8);
        var faults = _random.Next(4); // some worlds are quiet, so that long stories end
        while (_step < MaxSteps)
        {
            _step++;
            Now += TimeSpan.FromSeconds(_random.Next(0, 20));
            if (_random.Next(60) == 0)
            {
                Now += TimeSpan.FromMinutes(_random.Next(1, 3000));
            }

            _actors.RemoveAll(actor => actor.IsOver);
            if (left > 0 && _actors.Count < 4 && (_actors.Count == 0 || _random.Next(12) == 0))
            {
                left--;
                Spawn();
                continue;
            }

            var ready = _actors.Where(actor => actor.IsWaiting && actor.SuspendedUntil <= _step).ToList();
            if (ready.Count == 0)
            {
                if (_actors.Count == 0 && left == 0)
                {
                    return;
                }

                if (_actors.FirstOrDefault(actor => !actor.IsOver && !actor.IsWaiting) is { } lost)
                {
                    throw Broken($"{lost} waits for something that is no store call");
                }

                _step = _actors.Count == 0 ? _step : _actors.Min(actor => actor.SuspendedUntil);
                Now += TimeSpan.FromMinutes(_random.Next(1, 2000));
                continue;
            }

            Step(ready[_random.Next(ready.Count)], faults);
        }
    }

    void Step(Actor actor, int faults)
    {
        var dice = _random.Next(1000);
        if (dice < 25)
        {
            actor.SuspendedUntil = _step + _random.Next(5, 250);
            return;
        }

        if (faults > 0 && dice < 25 + (4 * faults))
        {
            switch (_random.Next(4))
            {
                case 0:
                    actor.Kill();
                    return;
                case 1:
                    actor.Kill();
                    Apply(actor, Outcome.Vanished);
                    return;
                case 2:
                    Apply(actor, Outcome.AnswerLost);
                    return;
                default:
                    Apply(actor, Outcome.Failed);
                    return;
            }
        }

        Apply(actor, Outcome.Done);
    }

    void Apply(Actor actor, Outcome outcome)
    {
        actor.Release(outcome);
        if (actor.Work.Exception is { } error)
        {
            throw Broken($"{actor}: {error.InnerException}");
        }

        if (_checks)
        {
            _checks = false;
            if (_random.Next(3) == 0)
            {
                Check(_random.Next(8) == 0);
            }
        }
    }

    void Spawn()
    {
        var number = Promises.NextActor();
        var (kind, script) = Scripts.Choose(_random, Promises);
        var skew = _random.Next(4) == 0 ? TimeSpan.FromMinutes(_random.Next(-3000, 3000)) : TimeSpan.Zero;
        var actor = new Actor(this, number, kind, skew);
        _actors.Add(actor);
        actor.Start(script);
    }

    /// <summary>In the end nobody is at work, and after some prunes nothing is left but what points use.</summary>
    void Settle()
    {
        foreach (var actor in _actors)
        {
            actor.Kill();
        }

        const int Rounds = 6;
        for (var i = 0; i < Rounds; i++)
        {
            Now += TimeSpan.FromDays(10);
            var actor = new Actor(this, -1, "last prune", TimeSpan.Zero);
            PruneReport? report = null;
            actor.Start(async _ =>
            {
                var repository = Open(actor);
                report = await repository.PruneAsync(new PruneOptions { Grace = TimeSpan.Zero }, null, default);
            });
            while (actor.IsWaiting)
            {
                actor.Release(Outcome.Done);
                if (_checks)
                {
                    _checks = false;
                    if (_random.Next(6) == 0)
                    {
                        Check(whole: false);
                    }
                }
            }

            if (actor.Work.Exception is { } error)
            {
                throw Broken($"{actor}: {error.InnerException}");
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

        Check(whole: true);
    }

    /// <summary>Every point that was promised is listed and, sampled, restores byte for byte. So does every point that is listed.</summary>
    void Check(bool whole)
    {
        string? problem = null;
        async Task RunAsync() => problem = await Promises.CheckAsync(Made.Open(new GatedStore(_store, this, null), new WorldClock(this)), whole ? null : _random);
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
