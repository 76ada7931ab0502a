using System.Diagnostics;
using System.Globalization;

namespace VmProxy.Simulation.Tests;

/// <summary>
/// Writers, prunes, deletions and readers, interleaved at random and broken off anywhere. VMPROXY_SIMULATION_WORLDS and VMPROXY_SIMULATION_SEED choose
/// another number and another beginning (tools/simulate.sh). A failure names its seed; running with that seed and one world repeats it with its trace.
/// </summary>
[NonParallelizable]
public sealed class SimulationTests
{
    const int DefaultWorlds = 20_000;

    [Test]
    [Category("Slow")]
    public void Every_interleaving_keeps_every_promise()
    {
        var worlds = Setting("VMPROXY_SIMULATION_WORLDS", DefaultWorlds);
        var first = Setting("VMPROXY_SIMULATION_SEED", 1);
        var endings = new Dictionary<string, long>(StringComparer.Ordinal);
        var steps = 0L;
        var failures = new SortedDictionary<int, string>();
        var next = first - 1;
        var watch = Stopwatch.StartNew();
        Parallel.For(0, Environment.ProcessorCount, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, _ =>
        {
            while (Interlocked.Increment(ref next) is var seed && seed < first + worlds && failures.Count == 0)
            {
                var world = new RandomWorld(seed, traces: worlds == 1);
                string? failure = null;
                try
                {
                    world.Run();
                }
                catch (SimulationException error)
                {
                    failure = error.Message;
                }

                lock (endings)
                {
                    steps += world.Steps;
                    foreach (var (ending, count) in world.Endings)
                    {
                        endings[ending] = endings.GetValueOrDefault(ending) + count;
                    }

                    if (failure is not null)
                    {
                        failures[seed] = failure;
                    }
                }
            }
        });
        TestContext.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{next - first} worlds, {steps} steps, {watch.Elapsed.TotalSeconds:f1} s"));
        foreach (var (ending, count) in endings.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            TestContext.Out.WriteLine($"{count,9} {ending}");
        }

        Assert.That(failures.Values.FirstOrDefault(), Is.Null);
    }

    [Test]
    public void A_seed_repeats_its_story()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            var (one, two) = (new RandomWorld(seed), new RandomWorld(seed));
            one.Run();
            two.Run();
            Assert.That((two.Steps, two.Fingerprint), Is.EqualTo((one.Steps, one.Fingerprint)), $"seed {seed}");
        }
    }

    static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
