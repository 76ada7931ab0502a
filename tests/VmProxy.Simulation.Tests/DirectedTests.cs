using System.Diagnostics;
using System.Globalization;

namespace VmProxy.Simulation.Tests;

/// <summary>
/// Small worlds in which every interleaving with few switches is tried. A failure names the cast, the order of turns and the switches, and shows what happened.
/// </summary>
[NonParallelizable]
public sealed class DirectedTests
{
    [TestCaseSource(typeof(Casts), nameof(Casts.Names))]
    public void Every_interleaving_with_few_switches_keeps_every_promise(string name)
    {
        var cast = Casts.All.Single(cast => cast.Name == name);
        var (worlds, steps) = (0, 0L);
        var failures = new SortedSet<string>(StringComparer.Ordinal);
        var endings = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var watch = Stopwatch.StartNew();
        using var stop = new CancellationTokenSource();
        Parallel.ForEach(cast.Orders(), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (order, loop) =>
        {
            try
            {
                new Interleavings(cast, order, Add, stop.Token).RunAll();
            }
            catch (OperationCanceledException)
            {
                loop.Stop();
            }
            catch (SimulationException error)
            {
                stop.Cancel();
                lock (failures)
                {
                    failures.Add(error.Message);
                }
            }
        });

        void Add(DirectedWorld world)
        {
            lock (failures)
            {
                (worlds, steps) = (worlds + 1, steps + world.Steps);
                foreach (var (ending, count) in world.Endings)
                {
                    endings[ending] = endings.GetValueOrDefault(ending) + count;
                }
            }
        }

        TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{worlds} worlds, {steps} steps, {watch.Elapsed.TotalSeconds:f1} s"));
        TestContext.Out.WriteLine(string.Join(", ", endings.Select(ending => $"{ending.Key}: {ending.Value}")));
        Assert.That(failures.FirstOrDefault(), Is.Null);
    }
}
