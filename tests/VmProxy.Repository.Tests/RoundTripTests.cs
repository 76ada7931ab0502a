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
