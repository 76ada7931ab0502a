using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using VmProxy.Repository.Maps;
using VmProxy.Testing;

namespace VmProxy.Repository.Tests;

/// <summary>Memory and time follow the data, not the size of the disk.</summary>
[NonParallelizable]
public sealed class MemoryTests
{
    const long TiB = 1L << 40;

    [Test]
    [Category("Slow")]
    public async Task One_tebibyte_with_one_gibibyte_of_data_is_cheap()
    {
        using var folder = new TempFolder();
        await using var repository = await TestRepository.CreateAsync(new LocalObjectStore(folder["store"]), tuning: Tuning.Default);
        var before = AnonymousMemory();
        var peak = 0L;
        await using var session = await repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = TiB, ChunkSize = 65536 });
        await Parallel.ForAsync(0, 1024, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (i, token) =>
        {
            // The engine's buffers are pooled too: what is measured is the repository's memory, not the test's garbage.
            var buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
            var piece = buffer.AsMemory(0, 1 << 20);
            piece.Span.Clear();
            for (var chunk = 0; chunk < 16; chunk++)
            {
                new Random((i << 8) + chunk).NextBytes(piece.Span.Slice(chunk << 16, 2048));
            }

            await writer.StoreAsync(i * (TiB / 1024), piece, token);
            await writer.StoreZeroAsync((i * (TiB / 1024)) + piece.Length, (TiB / 1024) - piece.Length, token);
            ArrayPool<byte>.Shared.Return(buffer);
            InterlockedMax(ref peak, AnonymousMemory());
        });
        var point = await session.CommitAsync(TestRepository.Manifest(await writer.CompleteAsync(default)), default);
        TestContext.Out.WriteLine($"anonymous memory grew by {(peak - before) >> 20} MiB; {session.Counters}");
        Assert.That(peak - before, Is.LessThan(150L << 20));
        Assert.That(session.Counters.MetadataBytesStored, Is.LessThan(3L << 20));
        Assert.That((await repository.VerifyDiskAsync(point, TestRepository.DiskKey, null, default)).ChunksRead, Is.EqualTo(16384));
    }

    [Test]
    public async Task An_empty_disk_costs_nothing_whatever_its_size()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, tuning: Tuning.Default);
        await using var session = await repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = 62 * TiB, ChunkSize = 65536 });
        await writer.StoreZeroAsync(0, 62 * TiB, default);
        var map = await writer.CompleteAsync(default);
        Assert.That(map.Root, Is.Null);
        await session.CommitAsync(TestRepository.Manifest(map), default);
        Assert.That(session.Counters.ObjectsWritten, Is.EqualTo(1));
        Assert.That(session.Counters.MetadataBytesStored, Is.LessThan(1024));
    }

    [Test]
    public async Task Zeroing_a_large_disk_with_a_base_costs_its_two_ends()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, tuning: Tuning.Default);
        var data = TestRepository.Content(1, 1 << 20, 65536);
        data.AsSpan(0, 65536).Fill(7);
        await using var session = await repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = 62 * TiB, ChunkSize = 65536 });
        foreach (var offset in new[] { 0, 5 * TiB, (62 * TiB) - data.Length })
        {
            await writer.StoreAsync(offset, data, default);
        }

        var map = (await session.CommitAsync(TestRepository.Manifest(await writer.CompleteAsync(default)), default)).Disks[0].Map;

        await using var next = await repository.BeginSessionAsync(default);
        using var zeroing = next.OpenDiskWriter(new DiskWriterOptions { Length = 62 * TiB, Base = map });
        var time = Stopwatch.StartNew();
        await zeroing.StoreZeroAsync(65536, (62 * TiB) - 65536, default);
        map = await zeroing.CompleteAsync(default);
        await next.CommitAsync(TestRepository.Manifest(map), default);
        Assert.That(time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30)));
        await using var device = await repository.OpenDiskAsync(map, default);
        var runs = new List<Blocks.BlockRun>();
        await foreach (var run in device.RunsAsync(0, 1L << 35, default))
        {
            runs.Add(run);
        }

        Assert.That(runs, Has.Count.EqualTo(2));
        var read = new byte[data.Length];
        await device.ReadAsync(0, read, default);
        Assert.That(read.AsSpan(0, 65536).SequenceEqual(data.AsSpan(0, 65536)), Is.True);
        Assert.That(read.AsSpan(65536).ContainsAnyExcept((byte)0), Is.False);
        foreach (var offset in new[] { 5 * TiB, (62 * TiB) - data.Length })
        {
            await device.ReadAsync(offset, read, default);
            Assert.That(read.AsSpan().ContainsAnyExcept((byte)0), Is.False);
        }
    }

    [Test]
    public async Task The_map_of_a_full_tebibyte_is_written_as_it_goes()
    {
        var pages = 0L;
        var cache = new PageCache((_, _) => throw new InvalidOperationException("nothing has to be read"), 4);
        using var builder = new MapBuilder(TiB, 65536, null, cache, (page, _) =>
        {
            pages++;
            return ValueTask.FromResult(new ChunkId(1, 2, 3, (ulong)pages));
        }, Tuning.Default);
        var ids = new ChunkId[16];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var peak = 0L;
        for (var chunk = 0L; chunk < TiB >> 16; chunk += ids.Length)
        {
            ids.AsSpan().Fill(new ChunkId(9, 9, 9, (ulong)chunk));

            // Two workers side by side: one is always a leaf ahead of the other.
            await builder.SetAsync(chunk ^ 1024, ids, default);
            if (chunk % (1 << 20) == 0)
            {
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - before);
            }
        }

        var map = await builder.CompleteAsync(default);
        Assert.That(map.Levels, Is.EqualTo(3));
        Assert.That(pages, Is.EqualTo(16384 + 128 + 1));
        TestContext.Out.WriteLine($"peak {peak >> 10} KiB");
        Assert.That(peak, Is.LessThan(8L << 20));
    }

    [Test]
    public async Task Scattered_changes_of_a_tebibyte_stay_bounded()
    {
        var cache = new PageCache((_, _) => throw new InvalidOperationException("no leaf is touched twice"), 4);
        using var builder = new MapBuilder(TiB, 65536, null, cache, (_, _) => ValueTask.FromResult(new ChunkId(1, 2, 3, 4)), Tuning.Default);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var peak = 0L;
        var id = new ChunkId[1];
        for (var chunk = 0L; chunk < TiB >> 16; chunk += 2)
        {
            id[0] = new ChunkId(9, 9, 9, (ulong)chunk);
            await builder.SetAsync(chunk, id, default);
            if (chunk % (1 << 20) == 0)
            {
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - before);
            }
        }

        await builder.CompleteAsync(default);
        TestContext.Out.WriteLine($"peak {peak >> 20} MiB");
        Assert.That(peak, Is.LessThan(50L << 20));
    }

    static long AnonymousMemory()
    {
        var line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) << 10;
    }

    static void InterlockedMax(ref long target, long value)
    {
        for (var seen = Interlocked.Read(ref target); value > seen;)
        {
            var found = Interlocked.CompareExchange(ref target, value, seen);
            if (found == seen)
            {
                return;
            }

            seen = found;
        }
    }
}
