using System.Diagnostics;
using VmProxy.Repository.Index;
using VmProxy.Testing;

namespace VmProxy.Repository.Tests;

/// <summary>Compaction beside writers, readers, crashes and other compactions.</summary>
[NonParallelizable]
public sealed class CompactionTests
{
    [Test]
    public async Task Lookups_stay_right_while_writers_and_compactors_work()
    {
        using var folder = new TempFolder();
        var store = new LocalObjectStore(folder["store"]);
        var packs = SyntheticIndex.Packs(1, 4);
        await SyntheticIndex.PutAsync(store, packs);
        using var stop = new CancellationTokenSource();
        using var index = new ChunkIndex(store, SyntheticIndex.Key);
        const int PerSegment = 300;
        var written = 0;
        var lookups = 0L;

        // Readers look up what is known to be written, in an index that is refreshed and compacted under them.
        var readers = Enumerable.Range(0, 2).Select(reader => Task.Run(() =>
        {
            var random = new Random(reader);
            while (!stop.IsCancellationRequested)
            {
                for (var i = 0; i < 1000 && written > 0; i++)
                {
                    var (segment, n) = (random.Next(Volatile.Read(ref written)), random.Next(PerSegment));
                    Assert.That(index.TryFind(SyntheticIndex.Id(segment, PerSegment, n), out var location) && location == SyntheticIndex.Location(packs, n), Is.True);
                    lookups++;
                }
            }
        })).ToArray();
        var compactors = Enumerable.Range(0, 2).Select(compactor => Task.Run(async () =>
        {
            using var own = new ChunkIndex(store, SyntheticIndex.Key);
            var merged = 0;
            while (!stop.IsCancellationRequested)
            {
                var report = await SyntheticIndex.Compactor(store, compactor == 0 ? own : index, int.MaxValue).RunAsync(new CompactionOptions(), default);
                Assert.That(report.Damaged, Is.Empty);
                merged += report.SegmentsMerged;
            }

            return merged;
        })).ToArray();

        for (var segment = 0; segment < 50; segment++)
        {
            (ChunkId, ChunkLocation)[] records =
                [.. Enumerable.Range(0, PerSegment).Select(n => (SyntheticIndex.Id(segment, PerSegment, n), SyntheticIndex.Location(packs, n)))];
            await SyntheticIndex.WriteAsync(store, records);
            await index.RefreshAsync(default);
            Volatile.Write(ref written, segment + 1);
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);
        var mergedSegments = (await Task.WhenAll(compactors)).Sum();
        await SyntheticIndex.Compactor(store, index, int.MaxValue).RunAsync(new CompactionOptions(), default);
        using var fresh = new ChunkIndex(store, SyntheticIndex.Key);
        await fresh.RefreshAsync(default);
        for (var segment = 0; segment < written; segment++)
        {
            for (var n = 0; n < PerSegment; n++)
            {
                Assert.That(fresh.TryFind(SyntheticIndex.Id(segment, PerSegment, n), out _), Is.True);
            }
        }

        using var lease = fresh.Acquire();
        Assert.That(lease.Segments, Has.Count.LessThanOrEqualTo(CompactionPlan.ManySegments));
        TestContext.Out.WriteLine($"{lookups} lookups, {mergedSegments} segments merged, {lease.Segments.Count} left");
        Assert.That(mergedSegments, Is.GreaterThan(100));
        await SyntheticIndex.Compactor(store, index).RunAsync(new CompactionOptions { All = true }, default);
        Assert.That(index.RecordCount, Is.EqualTo(written * PerSegment), "what two merged at once is one again");
    }

    [Test]
    public async Task Points_stay_whole_while_sessions_and_compactors_work()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using (await TestRepository.CreateAsync(store))
        {
        }

        using var stop = new CancellationTokenSource();
        var compactors = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            await using var repository = await TestRepository.OpenAsync(store);
            while (!stop.IsCancellationRequested)
            {
                await repository.CompactIndexAsync(new CompactionOptions(), default);
            }
        })).ToArray();
        var points = await Task.WhenAll(Enumerable.Range(0, 3).Select(async writer =>
        {
            await using var repository = await TestRepository.OpenAsync(store);
            var written = new List<(RestorePoint Point, byte[] Content)>();
            for (var night = 0; night < 8; night++)
            {
                var content = TestRepository.Content((writer * 5) + night, 100_000);
                written.Add(((await TestRepository.WriteAsync(repository, content)).Point, content));
                Assert.That((await TestRepository.ReadAsync(repository, written[night / 2].Point)).AsSpan().SequenceEqual(written[night / 2].Content), Is.True);
            }

            return written;
        }));
        await stop.CancelAsync();
        await Task.WhenAll(compactors);
        await using var reader = await TestRepository.OpenAsync(store);
        foreach (var (point, content) in points.SelectMany(written => written))
        {
            Assert.That((await TestRepository.ReadAsync(reader, point)).AsSpan().SequenceEqual(content), Is.True);
        }
    }

    [Test]
    public async Task A_crash_at_any_step_leaves_every_record()
    {
        for (var survives = 0; ; survives++)
        {
            var store = new MemoryObjectStore(TimeProvider.System);
            var packs = SyntheticIndex.Packs(1, 3);
            await SyntheticIndex.PutAsync(store, packs);
            for (var segment = 0; segment < 20; segment++)
            {
                (ChunkId, ChunkLocation)[] records = [.. Enumerable.Range(0, 100).Select(n => (SyntheticIndex.Id(segment, 100, n), SyntheticIndex.Location(packs, n)))];
                await SyntheticIndex.WriteAsync(store, records);
            }

            var operations = 0;
            var limit = survives;
            store.BeforeOperation = (operation, _) => operations++ < limit
                ? ValueTask.CompletedTask
                : throw new RepositoryException(RepositoryErrorCodes.StoreFailed, operation.Name, "The power went.");
            var done = false;
            using (var index = new ChunkIndex(store, SyntheticIndex.Key))
            {
                try
                {
                    // Several outputs of at most 700 records.
                    await SyntheticIndex.Compactor(store, index, maxRecords: 700).RunAsync(new CompactionOptions(), default);
                    done = true;
                }
                catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.StoreFailed)
                {
                }
            }

            store.BeforeOperation = null;
            using var after = new ChunkIndex(store, SyntheticIndex.Key);
            await after.RefreshAsync(default);
            for (var segment = 0; segment < 20; segment++)
            {
                for (var n = 0; n < 100; n++)
                {
                    Assert.That(after.TryFind(SyntheticIndex.Id(segment, 100, n), out _), Is.True, $"crash at operation {survives}");
                }
            }

            // The next one tidies up.
            await SyntheticIndex.Compactor(store, after).RunAsync(new CompactionOptions { All = true }, default);
            Assert.That(after.RecordCount, Is.EqualTo(2000));
            Assert.That(store.Names.Count(name => name.StartsWith(ObjectNames.IndexSegments, StringComparison.Ordinal)), Is.EqualTo(1));
            if (done)
            {
                Assert.That(survives, Is.GreaterThan(40));
                return;
            }
        }
    }

    [Test]
    public async Task Merged_segments_stay_for_a_while_and_are_passed_over()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var store = new MemoryObjectStore(time);
        var packs = SyntheticIndex.Packs(1, 1);
        await SyntheticIndex.PutAsync(store, packs);
        for (var segment = 0; segment < 30; segment++)
        {
            await SyntheticIndex.WriteAsync(store, [(SyntheticIndex.Id(segment, 1, 0), SyntheticIndex.Location(packs, 0))]);
        }

        using var index = new ChunkIndex(store, SyntheticIndex.Key);
        var compactor = new IndexCompactor(store, index, SyntheticIndex.Key, time, 5000);
        var keep = new CompactionOptions { KeepMerged = TimeSpan.FromHours(24) };
        var report = await compactor.RunAsync(keep, default);
        Assert.That(report, Has.Property("SegmentsMerged").EqualTo(30).And.Property("SegmentsRemoved").EqualTo(0).And.Property("RecordsWritten").EqualTo(30));
        using (var lease = index.Acquire())
        {
            Assert.That(lease.Segments, Has.Count.EqualTo(1));
        }

        time.Advance(TimeSpan.FromHours(23));
        Assert.That((await compactor.RunAsync(keep, default)).SegmentsRemoved, Is.Zero);
        time.Advance(TimeSpan.FromHours(2));
        Assert.That((await compactor.RunAsync(keep, default)).SegmentsRemoved, Is.EqualTo(30));
        Assert.That(index.RecordCount, Is.EqualTo(30));
    }

    [Test]
    public async Task Records_of_deleted_packs_are_dropped_and_others_never()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        var packs = SyntheticIndex.Packs(1, 3);
        await SyntheticIndex.WriteAsync(store, [(SyntheticIndex.Id(1, 1, 0), new ChunkLocation(packs[0], 1, 1, 1)), (SyntheticIndex.Id(2, 1, 0), new ChunkLocation(packs[1], 1, 1, 1))]);
        await SyntheticIndex.WriteAsync(store, [(SyntheticIndex.Id(3, 1, 0), new ChunkLocation(packs[2], 1, 1, 1))]);
        using var index = new ChunkIndex(store, SyntheticIndex.Key);
        var compactor = SyntheticIndex.Compactor(store, index);
        Assert.That((await compactor.RunAsync(new CompactionOptions(), default)).SegmentsMerged, Is.Zero, "two segments are few, and missing packs may be needed");

        var deleted = new CompactionOptions { DeletedPacks = new HashSet<RandomId> { packs[0].Header.Id, packs[2].Header.Id } };
        var report = await compactor.RunAsync(deleted, default);
        Assert.That(report, Has.Property("RecordsWritten").EqualTo(1).And.Property("RecordsDropped").EqualTo(2).And.Property("SegmentsRemoved").EqualTo(2));
        Assert.That(index.TryFind(SyntheticIndex.Id(2, 1, 0), out _), Is.True);
        Assert.That(index.TryFind(SyntheticIndex.Id(1, 1, 0), out _) || index.TryFind(SyntheticIndex.Id(3, 1, 0), out _), Is.False);

        report = await compactor.RunAsync(new CompactionOptions { DeletedPacks = new HashSet<RandomId> { packs[1].Header.Id } }, default);
        Assert.That(report, Has.Property("SegmentsWritten").EqualTo(0).And.Property("SegmentsRemoved").EqualTo(1));
        Assert.That(index.RecordCount, Is.Zero);
    }

    [Test]
    public async Task Segments_that_wait_to_be_removed_never_count_again()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var store = new MemoryObjectStore(time);
        var packs = SyntheticIndex.Packs(1, 1);
        var compactor = new Func<ChunkIndex, IndexCompactor>(index => new IndexCompactor(store, index, SyntheticIndex.Key, time, 5000));
        var keep = new CompactionOptions { KeepMerged = TimeSpan.FromHours(24) };
        for (var night = 0; night < 5; night++)
        {
            for (var segment = 0; segment < 20; segment++)
            {
                await SyntheticIndex.WriteAsync(store, [(SyntheticIndex.Id((night * 20) + segment, 1, 0), SyntheticIndex.Location(packs, 0))]);
            }

            using var index = new ChunkIndex(store, SyntheticIndex.Key);
            await compactor(index).RunAsync(keep, default);
            using var fresh = new ChunkIndex(store, SyntheticIndex.Key);
            await fresh.RefreshAsync(default);
            Assert.That(fresh.RecordCount, Is.EqualTo((night + 1) * 20));
            time.Advance(TimeSpan.FromHours(10));
        }

        time.Advance(TimeSpan.FromHours(25));
        using var last = new ChunkIndex(store, SyntheticIndex.Key);
        await compactor(last).RunAsync(keep, default);
        Assert.That(store.Names.Count(name => name.StartsWith(ObjectNames.IndexSegments, StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test]
    public async Task A_thousand_nights_are_as_fast_as_one_after_a_compaction()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        var packs = SyntheticIndex.Packs(1, 2);
        await SyntheticIndex.PutAsync(store, packs);
        for (var segment = 0; segment < 1000; segment++)
        {
            (ChunkId, ChunkLocation)[] records = [.. Enumerable.Range(0, 500).Select(n => (SyntheticIndex.Id(segment, 500, n), SyntheticIndex.Location(packs, n)))];
            await SyntheticIndex.WriteAsync(store, records);
        }

        using var index = new ChunkIndex(store, SyntheticIndex.Key);
        await index.RefreshAsync(default);
        var before = (Hits: Time(index, 0), Misses: Time(index, 1000));
        var time = Stopwatch.StartNew();
        var report = await SyntheticIndex.Compactor(store, index, maxRecords: SegmentLayout.MaxRecords).RunAsync(new CompactionOptions(), default);
        TestContext.Out.WriteLine($"compacted in {time.Elapsed.TotalSeconds:F1} s: {report}");
        var after = (Hits: Time(index, 0), Misses: Time(index, 1000));
        TestContext.Out.WriteLine($"hit {before.Hits:F2} -> {after.Hits:F2} us, miss {before.Misses:F2} -> {after.Misses:F2} us of CPU");
        Assert.That(report.SegmentsWritten, Is.EqualTo(1));
        Assert.That(after.Hits, Is.LessThan(before.Hits / 3));
        Assert.That(after.Misses, Is.LessThan(before.Misses / 10));
    }

    static double Time(ChunkIndex index, int firstSegment)
    {
        const int Lookups = 20_000;
        var random = new Random(1);
        for (var round = 0; ; round++)
        {
            var cpu = Environment.CpuUsage.TotalTime;
            for (var i = 0; i < Lookups; i++)
            {
                var found = index.TryFind(SyntheticIndex.Id(firstSegment + random.Next(1000), 500, random.Next(500)), out _);
                if (found != (firstSegment == 0))
                {
                    Assert.Fail("A wrong answer.");
                }
            }

            if (round == 1)
            {
                return (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / Lookups;
            }
        }
    }
}
