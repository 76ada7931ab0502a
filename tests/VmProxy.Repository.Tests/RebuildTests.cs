using System.Diagnostics;
using VmProxy.Repository.Index;
using VmProxy.Testing;

namespace VmProxy.Repository.Tests;

/// <summary>The index is made again from packs alone.</summary>
[NonParallelizable]
public sealed class RebuildTests
{
    [Test]
    public async Task Without_any_segment_the_same_lookups_come_back([Values] bool encrypted)
    {
        var passphrase = encrypted ? TestRepository.Passphrase : null;
        var (store, points) = await MakeAsync(passphrase);
        var before = await RecordsAsync(store, passphrase);
        foreach (var name in Under(store, ObjectNames.IndexSegments))
        {
            store.Tamper(name, null);
        }

        await using var repository = await TestRepository.OpenAsync(store, passphrase);
        var report = await repository.RebuildIndexAsync(null, default);
        Assert.That(report.Damaged, Is.Empty);
        Assert.That(report.Packs, Is.EqualTo(Under(store, ObjectNames.DataPacks).Length + Under(store, ObjectNames.MetadataPacks).Length));
        Assert.That(report.BytesRead, Is.LessThan(report.PackBytes * 2)); // packs of 16 KiB are all trailer
        Assert.That(report.Segments, Is.EqualTo(1));
        Assert.That(await RecordsAsync(store, passphrase), Is.EqualTo(before));
        await VerifyAsync(repository, points);
    }

    [Test]
    public async Task A_damaged_segment_is_replaced_and_the_damage_gone()
    {
        var (store, points) = await MakeAsync(TestRepository.Passphrase);
        var segments = Under(store, ObjectNames.IndexSegments);
        Flip(store, segments[0], store.Content(segments[0]).Length - 10); // its head
        Flip(store, segments[1], 70); // a block of records
        store.Tamper(segments[2], null);
        await using var repository = await TestRepository.OpenAsync(store);
        await repository.RebuildIndexAsync(null, default);
        Assert.That(Under(store, ObjectNames.IndexSegments), Has.Length.EqualTo(1));
        await VerifyAsync(repository, points);
        Assert.That((await repository.StatisticsAsync(default)).DamagedIndexSegments, Is.Empty);
        Assert.That((await repository.CheckAsync(new CheckOptions { ReadData = true }, null, default)).Findings, Is.Empty);
    }

    [Test]
    public async Task Packs_with_damaged_ends_are_walked_and_reported([Values] bool encrypted)
    {
        var passphrase = encrypted ? TestRepository.Passphrase : null;
        var (store, points) = await MakeAsync(passphrase);
        foreach (var name in Under(store, ObjectNames.IndexSegments))
        {
            store.Tamper(name, null);
        }

        var packs = Under(store, ObjectNames.DataPacks);
        Flip(store, packs[0], 3); // header
        Flip(store, packs[1], store.Content(packs[1]).Length - 1); // footer
        Flip(store, packs[2], store.Content(packs[2]).Length - 40); // trailer
        Flip(store, packs[3], store.Content(packs[3]).Length - 40); // trailer, and header
        Flip(store, packs[3], 20);
        await using var repository = await TestRepository.OpenAsync(store, passphrase);
        var report = await repository.RebuildIndexAsync(null, default);
        Assert.That(report.Damaged.Select(damage => damage.Pack).Distinct(), Is.EquivalentTo(packs[..4]));
        Assert.That(report.Damaged, Has.Count.EqualTo(5), string.Join('\n', report.Damaged));
        await VerifyAsync(repository, points);
    }

    [Test]
    public async Task A_damaged_frame_in_a_pack_without_trailer_costs_itself_alone()
    {
        var (store, points) = await MakeAsync(TestRepository.Passphrase);
        var before = (await RecordsAsync(store, TestRepository.Passphrase)).Count;
        foreach (var name in Under(store, ObjectNames.IndexSegments))
        {
            store.Tamper(name, null);
        }

        var pack = Under(store, ObjectNames.DataPacks).MaxBy(name => store.Content(name).Length)!;
        var chunks = store.Content(pack)[32 + 8] | (store.Content(pack)[32 + 9] << 8);
        Flip(store, pack, 32 + 30); // the first frame's header
        Flip(store, pack, store.Content(pack).Length - 1);
        await using var repository = await TestRepository.OpenAsync(store);
        var report = await repository.RebuildIndexAsync(null, default);
        Assert.That(report.Damaged.Select(damage => (damage.Pack, damage.Offset)), Does.Contain((pack, 32L)));
        Assert.That(await RecordsAsync(store, TestRepository.Passphrase), Has.Count.EqualTo(before - chunks));
        var damaged = 0;
        foreach (var (point, _) in points)
        {
            var result = await repository.VerifyDiskAsync(point, TestRepository.DiskKey, null, default);
            damaged += result.IsIntact ? 0 : 1;
        }

        Assert.That(damaged, Is.GreaterThan(0), "the loss is seen");
    }

    [Test]
    public async Task A_rebuild_beside_writers_and_compactions_loses_nothing()
    {
        var (store, points) = await MakeAsync(TestRepository.Passphrase);
        using var stop = new CancellationTokenSource();
        var rebuilding = Task.Run(async () =>
        {
            await using var repository = await TestRepository.OpenAsync(store);
            while (!stop.IsCancellationRequested)
            {
                Assert.That((await repository.RebuildIndexAsync(null, default)).Damaged, Is.Empty);
                await repository.CompactIndexAsync(new CompactionOptions(), default);
            }
        });
        await using var writer = await TestRepository.OpenAsync(store);
        for (var night = 0; night < 10; night++)
        {
            var content = TestRepository.Content(100 + night, 60_000);
            points.Add(((await TestRepository.WriteAsync(writer, content)).Point, content));
        }

        await stop.CancelAsync();
        await rebuilding;
        await using var reader = await TestRepository.OpenAsync(store);
        await VerifyAsync(reader, points);
    }

    [Test]
    public async Task The_rate_is_measured()
    {
        using var folder = new TempFolder();
        var store = new LocalObjectStore(folder["store"]);
        await using var repository = await TestRepository.CreateAsync(store, tuning: TestRepository.Small with { PackBytes = 256 << 10, SegmentEntries = 20_000 });
        var content = new byte[48 << 20];
        new Random(1).NextBytes(content);
        await TestRepository.WriteAsync(repository, content, step: 64 << 10);
        Directory.Delete(Path.Combine(folder["store"], "index"), recursive: true);
        await using var again = await TestRepository.OpenAsync(store);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var time = Stopwatch.StartNew();
        var report = await again.RebuildIndexAsync(null, default);
        TestContext.Out.WriteLine(
            $"{report.Packs} packs with {report.Chunks} chunks in {time.Elapsed.TotalSeconds:F2} s: {report.PacksPerSecond:N0} packs/s, "
            + $"{report.ChunksPerSecond:N0} chunks/s, {report.PackBytesPerSecond / 1e6:N0} MB/s of packs, {report.BytesRead >> 10} KiB read; load {File.ReadAllText("/proc/loadavg").Trim()}");
        Assert.That(report.Chunks, Is.GreaterThanOrEqualTo(content.Length / 512));
        Assert.That(report.ChunksPerSecond, Is.GreaterThan(5_000));
        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(40L << 20));
    }

    static async Task<(MemoryObjectStore Store, List<(RestorePoint Point, byte[] Content)> Points)> MakeAsync(string? passphrase)
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, passphrase);
        var points = new List<(RestorePoint, byte[])>();
        for (var night = 0; night < 4; night++)
        {
            var content = TestRepository.Content(night, 150_000);
            points.Add(((await TestRepository.WriteAsync(repository, content)).Point, content));
        }

        return (store, points);
    }

    static async Task VerifyAsync(BackupRepository repository, List<(RestorePoint Point, byte[] Content)> points)
    {
        foreach (var (point, content) in points)
        {
            Assert.That((await TestRepository.ReadAsync(repository, point)).AsSpan().SequenceEqual(content), Is.True);
        }
    }

    static async Task<SortedSet<string>> RecordsAsync(MemoryObjectStore store, string? passphrase)
    {
        await using var repository = await TestRepository.OpenAsync(store, passphrase);
        await repository.Index.RefreshAsync(default);
        using var lease = repository.Index.Acquire();
        return [.. lease.Segments.SelectMany(segment => Enumerable.Range(0, segment.Count).Select(segment.RecordAt)
            .Select(record => $"{record.Id} {segment.LocationOf(record)}"))];
    }

    static string[] Under(MemoryObjectStore store, string prefix) => [.. store.Names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))];

    static void Flip(MemoryObjectStore store, string name, int position)
    {
        var bytes = store.Content(name);
        bytes[position] ^= 1;
        store.Tamper(name, bytes);
    }
}
