using VmProxy.Testing;

namespace VmProxy.Repository.Tests;

/// <summary>Law 4: what an incremental costs follows what changed.</summary>
[Category("Slow")]
public sealed class CostTests : IDisposable
{
    const int Chunk = 65536;
    const long DiskLength = 4L << 30;
    const int Step = 1 << 20;
    readonly TempFolder _folder = new();
    LocalObjectStore _store = null!;
    BackupRepository _repository = null!;
    DiskMap _full = null!;

    [OneTimeSetUp]
    public async Task WriteFullAsync()
    {
        _store = new LocalObjectStore(_folder["store"]);
        _repository = await TestRepository.CreateAsync(_store, tuning: Tuning.Default);
        await using var session = await _repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = DiskLength, ChunkSize = Chunk });
        await Parallel.ForAsync(0, (int)(DiskLength / Step), new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (i, token) =>
        {
            // 65536 different chunks that compress to little: the page tree is full, the store small.
            var piece = new byte[Step];
            for (var chunk = 0; chunk < Step / Chunk; chunk++)
            {
                BitConverter.TryWriteBytes(piece.AsSpan(chunk * Chunk), ((i + 1L) << 8) + chunk);
            }

            await writer.StoreAsync(i * (long)Step, piece, token);
        });
        _full = (await session.CommitAsync(TestRepository.Manifest(await writer.CompleteAsync(default)), default)).Disks[0].Map;
        Assert.That(session.Counters.BytesNew, Is.EqualTo(DiskLength));
    }

    public void Dispose() => _folder.Dispose();

    [OneTimeTearDown]
    public async Task CloseAsync() => await _repository.DisposeAsync();

    [Test]
    public async Task One_percent_of_random_changes_adds_hardly_more_than_itself()
    {
        var random = new Random(655);
        var map = _full;
        for (var night = 0; night < 3; night++)
        {
            var before = StoreLength();
            var (point, counters) = await IncrementAsync(map, random, 655);
            var changed = 655L * Chunk;
            var added = StoreLength() - before;
            TestContext.Out.WriteLine($"night {night}: {changed} bytes changed, {added} added, factor {(double)added / changed:F4}");
            Assert.That(added, Is.LessThanOrEqualTo(changed * 102 / 100));
            Assert.That(counters.DataBytesStored + counters.MetadataBytesStored, Is.EqualTo(added));
            Assert.That(counters.BytesNew, Is.EqualTo(changed));
            map = point.Disks[0].Map;
        }
    }

    [Test]
    public async Task One_changed_chunk_a_night_costs_a_tenth_of_itself_in_metadata_over_the_weeks()
    {
        var random = new Random(1);
        var map = _full;
        var metadata = 0L;
        const int Nights = 60;
        for (var night = 0; night < Nights; night++)
        {
            var (point, counters) = await IncrementAsync(map, random, 1, maxChunk: 1024);
            metadata += counters.MetadataBytesStored;
            map = point.Disks[0].Map;
        }

        TestContext.Out.WriteLine($"{metadata / Nights} bytes of metadata a night");
        Assert.That(metadata, Is.LessThanOrEqualTo(Nights * Chunk / 10));
    }

    [Test]
    public async Task Nothing_changed_costs_a_few_kib()
    {
        var before = StoreLength();
        var (point, _) = await IncrementAsync(_full, new Random(1), 0);
        Assert.That(StoreLength() - before, Is.LessThan(4096));
        Assert.That(point.Disks[0].Map, Is.EqualTo(_full));
    }

    [Test]
    public async Task An_unchanged_disk_read_again_costs_a_few_kib()
    {
        var before = StoreLength();
        await using var session = await _repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = DiskLength, Base = _full });
        await using var device = await _repository.OpenDiskAsync(_full, default);
        var piece = new byte[Step];
        for (var offset = 0L; offset < 64 * Step; offset += Step)
        {
            await device.ReadAsync(offset, piece, default);
            await writer.StoreAsync(offset, piece, default);
        }

        var map = await writer.CompleteAsync(default);
        await session.CommitAsync(TestRepository.Manifest(map), default);
        Assert.That(map, Is.EqualTo(_full));
        Assert.That(session.Counters.BytesDeduplicated, Is.EqualTo(64L * Step));
        Assert.That(StoreLength() - before, Is.LessThan(4096));
    }

    async Task<(RestorePoint, WriteCounters)> IncrementAsync(DiskMap map, Random random, int chunks, int maxChunk = (int)(DiskLength / Chunk))
    {
        await using var session = await _repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = DiskLength, Base = map });
        var offsets = new HashSet<int>();
        while (offsets.Count < chunks)
        {
            offsets.Add(random.Next(maxChunk));
        }

        var content = new byte[Chunk];
        foreach (var chunk in offsets.Order())
        {
            random.NextBytes(content);
            await writer.StoreAsync(chunk * (long)Chunk, content, default);
        }

        var point = await session.CommitAsync(TestRepository.Manifest(await writer.CompleteAsync(default)), default);
        return (point, session.Counters);
    }

    long StoreLength() => new DirectoryInfo(_folder["store"]).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
}
