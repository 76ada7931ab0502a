using CsCheck;

namespace VmProxy.Repository.Tests;

public sealed class RoundTripTests
{
    static readonly Gen<(int Seed, int Length, int Step, bool Encrypted)> Disks =
        Gen.Select(Gen.Int, Gen.Int[0, 700_000], Gen.Int[1, 40], Gen.Bool);

    [Test]
    public void WhatIsWrittenIsRead() => Assert.DoesNotThrowAsync(() => Disks.SampleAsync(async disk =>
    {
        var content = TestRepository.Content(disk.Seed, disk.Length);
        var store = new MemoryObjectStore(TimeProvider.System);
        var passphrase = disk.Encrypted ? TestRepository.Passphrase : null;
        RestorePoint point;
        await using (var repository = await TestRepository.CreateAsync(store, passphrase))
        {
            (point, _) = await TestRepository.WriteAsync(repository, content, step: disk.Step * 512);
        }

        await using var opened = await TestRepository.OpenAsync(store, passphrase);
        var listed = (await opened.ListPointsAsync(default)).Single();
        Assert.That(listed.Id, Is.EqualTo(point.Id));
        Assert.That((await TestRepository.ReadAsync(opened, listed)).AsSpan().SequenceEqual(content), Is.True);
        var verified = await opened.VerifyDiskAsync(listed, TestRepository.DiskKey, null, default);
        Assert.That(verified.IsIntact, Is.True);
    }, iter: 60));

    [Test]
    public async Task AnyChunkSizeServes([Values(512, 4096, 65536, 1 << 20, 4 << 20)] int chunkSize)
    {
        await using var repository = await TestRepository.CreateAsync(new MemoryObjectStore(TimeProvider.System), tuning: Tuning.Default);
        var content = TestRepository.Content(chunkSize, (9 << 20) + 700, Math.Min(chunkSize, 65536));
        var (point, counters) = await TestRepository.WriteAsync(repository, content, step: 8 << 20, chunkSize: chunkSize);
        Assert.That((await TestRepository.ReadAsync(repository, point, 70_000)).AsSpan().SequenceEqual(content), Is.True);
        Assert.That(counters.BytesOffered, Is.EqualTo(content.Length));
        Assert.That(counters.BytesZero + counters.BytesDeduplicated + counters.BytesNew, Is.EqualTo(content.Length));
    }

    [Test]
    public async Task AWriterRefusesWhatIsNotWholeChunksOrAnUnfitBase()
    {
        await using var repository = await TestRepository.CreateAsync(new MemoryObjectStore(TimeProvider.System));
        await using var session = await repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = 10_000 });
        foreach (var (offset, length) in new[] { (1, 512), (0, 100), (512, 511), (9728, 273), (10_240, 0), (-512, 512) })
        {
            Assert.That(async () => await writer.StoreAsync(offset, new byte[length], default), Throws.ArgumentException, $"{offset}, {length}");
            Assert.That(async () => await writer.StoreZeroAsync(offset, length, default), Throws.ArgumentException, $"{offset}, {length}");
        }

        await writer.StoreAsync(9728, new byte[272], default);
        var map = await writer.CompleteAsync(default);
        Assert.That(() => session.OpenDiskWriter(new DiskWriterOptions { Length = 9_999, Base = map }), Throws.ArgumentException);
        Assert.That(() => session.OpenDiskWriter(new DiskWriterOptions { Length = 10_000, ChunkSize = 1024, Base = map }), Throws.ArgumentException);
        Assert.That(() => session.OpenDiskWriter(new DiskWriterOptions { Length = 10_000, ChunkSize = 513 }), Throws.ArgumentException);
    }

    [Test]
    public void EveryPointOfASeriesIsAFull() => Assert.DoesNotThrowAsync(() => Gen.Int.SampleAsync(async seed =>
    {
        var random = new Random(seed);
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store);
        var content = TestRepository.Content(seed, random.Next(1, 900) * 1024 + random.Next(2) * 100);
        var expected = new List<(RestorePoint Point, byte[] Content)>();
        DiskMap? map = null;
        for (var night = 0; night < 8; night++)
        {
            List<(long, long)> areas = [(0, content.Length)];
            if (map is not null)
            {
                areas = Change(random, ref content);
            }

            var (point, _) = await TestRepository.WriteAsync(repository, content, map, areas);
            map = point.Disks[0].Map;
            expected.Add((point, [.. content]));
        }

        foreach (var (point, bytes) in expected)
        {
            Assert.That((await TestRepository.ReadAsync(repository, point)).AsSpan().SequenceEqual(bytes), Is.True, $"seed {seed}, point {point.Id}");
        }
    }, iter: 40));

    static List<(long, long)> Change(Random random, ref byte[] content)
    {
        var before = content.Length;
        if (random.Next(4) == 0)
        {
            Array.Resize(ref content, before + (random.Next(1, 400) * 512)); // the disk grew by zeros
        }

        var areas = new List<(long, long)>();
        var position = 0L;
        while (random.Next(12) != 0)
        {
            position += random.Next(1, 300) * 512L;
            var length = Math.Min(random.Next(1, 20) * 512L, content.Length - position);
            if (length <= 0)
            {
                break;
            }

            if (random.Next(3) == 0)
            {
                content.AsSpan((int)position, (int)length).Clear();
            }
            else
            {
                random.NextBytes(content.AsSpan((int)position, (int)length));
            }

            areas.Add((position, length));
            position += length;
        }

        return areas;
    }
}
