namespace VmProxy.Simulation.Tests;

/// <summary>
/// A world whose driver is chance, from a seed: it chooses the actors and whose call comes next, suspends actors for any time, lets calls fail, loses
/// answers and kills.
/// </summary>
sealed class RandomWorld : World
{
    const int MaxSteps = 450;

    readonly Random _random;
    readonly List<Actor> _actors = [];

    public RandomWorld(int seed, bool traces = false)
        : this(seed, new Random(seed), traces)
    {
    }

    RandomWorld(int seed, Random random, bool traces)
        : base($"Seed {seed}", random.Next(5) == 0 ? Template.Encrypted : Template.Open, random.Next(3) == 0, traces) => _random = random;

    protected override void Live()
    {
        var left = _random.Next(3, 8);
        var faults = _random.Next(4); // some worlds are quiet, so that long stories end
        while (Steps < MaxSteps)
        {
            Steps++;
            Pass(TimeSpan.FromTicks(_random.NextInt64(20 * TimeSpan.TicksPerSecond)));
            if (_random.Next(60) == 0)
            {
                Pass(TimeSpan.FromMinutes(_random.Next(1, 3000)));
            }

            _actors.RemoveAll(actor => actor.IsOver);
            if (left > 0 && _actors.Count < 4 && (_actors.Count == 0 || _random.Next(12) == 0))
            {
                left--;
                Spawn();
                continue;
            }

            var ready = _actors.Where(actor => actor.IsWaiting && actor.SuspendedUntil <= Steps).ToList();
            if (ready.Count == 0)
            {
                if (_actors.Count == 0 && left == 0)
                {
                    break;
                }

                Steps = _actors.Count == 0 ? Steps : _actors.Min(actor => actor.SuspendedUntil);
                Pass(TimeSpan.FromMinutes(_random.Next(1, 2000)));
                continue;
            }

            Step(ready[_random.Next(ready.Count)], faults);
        }

        _actors.ForEach(actor => actor.Kill());
    }

    void Step(Actor actor, int faults)
    {
        var dice = _random.Next(1000);
        if (dice < 25)
        {
            actor.SuspendedUntil = Steps + _random.Next(5, 250);
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

    protected override void AfterStep()
    {
        if (Checks)
        {
            Checks = false;
            if (_random.Next(3) == 0)
            {
                Check(_random.Next(8) == 0 ? null : _random);
            }
        }
    }

    void Spawn()
    {
        var number = Promises.NextActor();
        var (kind, script) = Scripts.Choose(_random, IsEncrypted);
        var skew = _random.Next(4) == 0 ? TimeSpan.FromMinutes(_random.Next(-3000, 3000)) : TimeSpan.Zero;
        var actor = new Actor(this, number, kind, skew);
        _actors.Add(actor);
        actor.Start(script);
        ThrowIfFailed(actor);
    }
}
