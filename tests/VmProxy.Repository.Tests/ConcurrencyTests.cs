namespace VmProxy.Repository.Tests;

public sealed class ConcurrencyTests
{
    [Test]
    public async Task Many_workers_store_one_disk_in_any_order([Values(1, 2, 3)] int seed)
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store);
        var content = TestRepository.Content(seed, 3 << 20);
        var point = await WriteShuffledAsync(repository, content, null, seed);
        Assert.That((await TestRepository.ReadAsync(repository, point)).AsSpan().SequenceEqual(content), Is.True);

        // And again over a base, with every second piece changed.
        var changed = TestRepository.Content(seed + 100, content.Length);
        var next = await WriteShuffledAsync(repository, changed, point.Disks[0].Map, seed);
        Assert.That((await TestRepository.ReadAsync(repository, next)).AsSpan().SequenceEqual(changed), Is.True);
        Assert.That((await TestRepository.ReadAsync(repository, point)).AsSpan().SequenceEqual(content), Is.True);
    }

    [Test]
    public async Task The_same_new_content_from_many_workers_is_stored_about_once()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, tuning: TestRepository.Small with { SegmentEntries = 100_000 });
        var piece = new byte[64 * 512];
        new Random(1).NextBytes(piece);
        byte[] content = [.. Enumerable.Repeat(piece, 64).SelectMany(bytes => bytes)];
        await using var session = await repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = content.Length });
        await Parallel.ForAsync(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, (i, token) =>
            writer.StoreAsync(i * (long)piece.Length, content.AsMemory(i * piece.Length, piece.Length), token));
        var point = await session.CommitAsync(TestRepository.Manifest(await writer.CompleteAsync(default)), default);
        Assert.That(session.Counters.BytesNew, Is.EqualTo(piece.Length));
        Assert.That(session.Counters.BytesDeduplicated, Is.EqualTo(content.Length - piece.Length));
        Assert.That((await TestRepository.ReadAsync(repository, point)).AsSpan().SequenceEqual(content), Is.True);
    }

    [Test]
    public async Task Sessions_of_several_openings_write_at_once()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using (await TestRepository.CreateAsync(store))
        {
        }

        var contents = Enumerable.Range(0, 6).Select(i => TestRepository.Content(i / 2, 300_000)).ToArray();
        var points = await Task.WhenAll(contents.Select(async content =>
        {
            await using var repository = await TestRepository.OpenAsync(store);
            return (await TestRepository.WriteAsync(repository, content)).Point;
        }));
        await using var reader = await TestRepository.OpenAsync(store);
        Assert.That(await reader.ListPointsAsync(default), Has.Count.EqualTo(6));
        for (var i = 0; i < points.Length; i++)
        {
            Assert.That((await TestRepository.ReadAsync(reader, points[i])).AsSpan().SequenceEqual(contents[i]), Is.True);
        }
    }

    [Test]
    public async Task Several_disks_and_files_make_one_point()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store);
        await using var session = await repository.BeginSessionAsync(default);
        var vmx = new byte[2_500_000];
        new Random(3).NextBytes(vmx);
        var blob = await session.StoreBlobAsync("web01.vmx", vmx, default);
        var empty = await session.StoreBlobAsync("empty", Array.Empty<byte>(), default);
        var disks = await Task.WhenAll(Enumerable.Range(0, 3).Select(async i =>
        {
            using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = 200_000 });
            await writer.StoreAsync(0, TestRepository.Content(i, 200_000), default);
            return new PointDisk { Key = 2000 + i, Map = await writer.CompleteAsync(default) };
        }));
        var manifest = TestRepository.Manifest(disks[0].Map) with { Disks = disks, Blobs = [blob, empty], Warnings = ["one"] };
        var point = await repository.ReadPointAsync((await session.CommitAsync(manifest, default)).Id, default);
        Assert.That(await repository.ReadBlobAsync(point.Blobs[0], default), Is.EqualTo(vmx));
        Assert.That(await repository.ReadBlobAsync(point.Blobs[1], default), Is.Empty);
        for (var i = 0; i < 3; i++)
        {
            await using var device = await repository.OpenDiskAsync(point, 2000 + i, default);
            Assert.That((await TestRepository.ReadAsync(device)).AsSpan().SequenceEqual(TestRepository.Content(i, 200_000)), Is.True);
        }

        var statistics = await repository.StatisticsAsync(default);
        Assert.That(statistics.Points, Is.EqualTo(1));
        Assert.That(statistics.DataBytes, Is.EqualTo(session.Counters.DataBytesStored));
        Assert.That(statistics.MetadataBytes + statistics.IndexBytes + statistics.PointBytes, Is.EqualTo(session.Counters.MetadataBytesStored));
        Assert.That(async () => await repository.OpenDiskAsync(point, 7, default), Throws.InstanceOf<RepositoryException>()
            .With.Property("Code").EqualTo(RepositoryErrorCodes.PointNotFound));
        Assert.That(async () => await repository.ReadPointAsync("20200101T000000Z-aaaa", default), Throws.InstanceOf<RepositoryException>()
            .With.Property("Code").EqualTo(RepositoryErrorCodes.PointNotFound));
    }

    static async Task<RestorePoint> WriteShuffledAsync(BackupRepository repository, byte[] content, DiskMap? baseMap, int seed)
    {
        const int Piece = 7 * 512;
        var offsets = Enumerable.Range(0, (content.Length + Piece - 1) / Piece).Select(i => i * Piece).ToArray();
        new Random(seed).Shuffle(offsets);
        await using var session = await repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = content.Length, Base = baseMap });
        await Parallel.ForEachAsync(offsets, new ParallelOptions { MaxDegreeOfParallelism = 8 }, (offset, token) =>
            writer.StoreAsync(offset, content.AsMemory(offset, Math.Min(Piece, content.Length - offset)), token));
        return await session.CommitAsync(TestRepository.Manifest(await writer.CompleteAsync(default)), default);
    }
}
