namespace VmProxy.Repository.Tests;

/// <summary>Bit rot, truncation and loss of every kind of object are found and named, and wrong bytes are never returned.</summary>
public sealed class DamageTests
{
    [Test]
    public async Task Every_flipped_byte_is_found_or_harms_nothing([Values] bool encrypted)
    {
        var passphrase = encrypted ? TestRepository.Passphrase : null;
        var (store, content) = await MakeAsync(passphrase);
        foreach (var name in store.Names)
        {
            var whole = store.Content(name);
            var reported = 0;
            for (var position = 0; position < whole.Length; position++)
            {
                var broken = (byte[])whole.Clone();
                broken[position] ^= (byte)(1 << (position % 8));
                store.Tamper(name, broken);
                var outcome = await RestoreAsync(store, passphrase, content);
                Assert.That(outcome, Is.Not.EqualTo(Outcome.WrongBytes), $"{name}, byte {position}");
                reported += outcome == Outcome.Reported ? 1 : 0;
            }

            store.Tamper(name, whole);

            // A restore reads neither pack headers nor trailers (they follow from the index); a check does.
            // The ring is there twice, and one serves.
            Assert.That(reported, IsRing(name) ? Is.Zero : Is.GreaterThan(whole.Length / 4), name);
        }
    }

    [Test]
    public async Task Every_cut_and_every_loss_is_found()
    {
        var (store, content) = await MakeAsync(TestRepository.Passphrase);
        foreach (var name in store.Names)
        {
            var whole = store.Content(name);
            var expected = IsRing(name) ? Outcome.Restored : Outcome.Reported;
            store.Tamper(name, null);
            var lost = await RestoreAsync(store, TestRepository.Passphrase, content);
            Assert.That(lost, Is.EqualTo(expected), $"{name} lost");
            foreach (var length in new[] { 0, 1, 31, whole.Length / 2 })
            {
                store.Tamper(name, whole[..Math.Min(length, whole.Length - 1)]);
                var cut = await RestoreAsync(store, TestRepository.Passphrase, content);
                Assert.That(cut, Is.EqualTo(expected), $"{name} cut to {length}");
            }

            store.Tamper(name, whole);
        }
    }

    static bool IsRing(string name) => name.StartsWith("keys/rings/", StringComparison.Ordinal);

    [Test]
    public async Task Packs_that_changed_places_are_found()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store);
        var content = TestRepository.Content(3, 64 * 1024);
        var (point, _) = await TestRepository.WriteAsync(repository, content);
        string[] packs = [.. store.Names.Where(name => name.StartsWith("data/", StringComparison.Ordinal)).Take(2)];
        var first = store.Content(packs[0]);
        store.Tamper(packs[0], store.Content(packs[1]));
        store.Tamper(packs[1], first);
        var result = await repository.VerifyDiskAsync(point, TestRepository.DiskKey, null, default);
        Assert.That(result.IsIntact, Is.False);
    }

    [Test]
    public async Task Damage_names_pack_offset_and_range()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, tuning: TestRepository.Small with { FrameBytes = 512 });
        var content = new byte[16 * 1024];
        new Random(5).NextBytes(content);
        var (point, _) = await TestRepository.WriteAsync(repository, content, step: 512);
        var pack = store.Names.First(name => name.StartsWith("data/", StringComparison.Ordinal));
        var bytes = store.Content(pack);
        bytes[32 + 60 + 512 + 16 + 100] ^= 1; // inside the second frame
        store.Tamper(pack, bytes);

        var result = await repository.VerifyDiskAsync(point, TestRepository.DiskKey, null, default);
        Assert.That(result.Damaged, Has.Count.EqualTo(1));
        Assert.That(result.Damaged[0], Has.Property("Length").EqualTo(512));
        Assert.That(result.Damaged[0].Message, Does.Contain(pack).And.Contain("byte 620"));
        Assert.That(result.ChunksRead, Is.EqualTo(31));

        await using var device = await repository.OpenDiskAsync(point, TestRepository.DiskKey, default);
        var buffer = new byte[512];
        var error = Assert.ThrowsAsync<RepositoryException>(async () => await device.ReadAsync(result.Damaged[0].Offset, buffer, default));
        Assert.That(error.Code, Is.EqualTo(RepositoryErrorCodes.Damaged));
        Assert.That(error.Object, Is.EqualTo(pack));
        await device.ReadAsync(result.Damaged[0].Offset == 0 ? 512 : 0, buffer, default);
    }

    [Test]
    public async Task Very_much_damage_is_counted_exactly_and_listed_briefly([Values("index", "packs", "frames")] string what)
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, tuning: TestRepository.Small with { FrameBytes = 512 });
        var content = new byte[4 << 20];
        var random = new Random(5);
        for (var at = 0; at < content.Length; at += 1024)
        {
            random.NextBytes(content.AsSpan(at, 512)); // every other chunk is zeros
        }

        var (point, _) = await TestRepository.WriteAsync(repository, content);
        foreach (var name in store.Names.Where(name => name.StartsWith("data/", StringComparison.Ordinal)).ToArray())
        {
            var bytes = store.Content(name);
            for (var at = 100; at < bytes.Length; at += 500)
            {
                bytes[at] ^= 1;
            }

            store.Tamper(name, what == "frames" ? bytes : null);
        }

        foreach (var name in store.Names.Where(name => what == "index" && name.StartsWith("index/", StringComparison.Ordinal)).ToArray())
        {
            store.Tamper(name, null);
        }

        await using var again = await TestRepository.OpenAsync(store);
        await again.RebuildIndexAsync(null, default);
        var result = await (what == "index" ? again : repository).VerifyDiskAsync(point, TestRepository.DiskKey, null, default);
        Assert.That((result.IsIntact, result.DamagedBytes, result.ChunksRead), Is.EqualTo((false, 2L << 20, 0L)));
        Assert.That((result.Damaged.Count, result.MoreRanges), Is.EqualTo((1000, 4096L - 1000)));
        Assert.That(result.Damaged.Select(range => range.Offset), Is.Ordered);
    }

    [TestCase("index", 1)]
    [TestCase("packs", 12)]
    public async Task Neighbours_with_one_cause_are_one_range(string what, int ranges)
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, tuning: TestRepository.Small with { FrameBytes = 512, PackBytes = 64 << 10 });
        var content = new byte[512 << 10];
        new Random(5).NextBytes(content);
        var (point, _) = await TestRepository.WriteAsync(repository, content, step: 512);
        foreach (var name in store.Names.Where(name => name.StartsWith("data/", StringComparison.Ordinal)
            || (what == "index" && name.StartsWith("index/", StringComparison.Ordinal))).ToArray())
        {
            store.Tamper(name, null);
        }

        await using var again = await TestRepository.OpenAsync(store);
        if (what == "index")
        {
            await again.RebuildIndexAsync(null, default);
        }

        var result = await again.VerifyDiskAsync(point, TestRepository.DiskKey, null, default);
        Assert.That(result.DamagedBytes, Is.EqualTo(content.Length));
        Assert.That(result.Damaged.Sum(range => range.Length), Is.EqualTo(content.Length));
        Assert.That(result.Damaged, Has.Count.LessThanOrEqualTo(ranges), string.Join('\n', result.Damaged.Select(range => range.Message)));
    }

    [Test]
    public async Task A_damaged_point_is_reported_beside_the_others()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store);
        await TestRepository.WriteAsync(repository, TestRepository.Content(1, 4096));
        await TestRepository.WriteAsync(repository, TestRepository.Content(2, 4096));
        var name = store.Names.First(entry => entry.StartsWith("points/", StringComparison.Ordinal));
        var bytes = store.Content(name);
        bytes[60] ^= 1;
        store.Tamper(name, bytes);
        var points = await repository.ListPointsAsync(default);
        Assert.That(points, Has.Count.EqualTo(1));
        Assert.That(points.Damaged.Select(error => error.Object), Is.EqualTo([name]));
        Assert.That((await repository.StatisticsAsync(default)).DamagedPoints, Is.EqualTo(1));
    }

    static async Task<(MemoryObjectStore Store, byte[] Content)> MakeAsync(string? passphrase)
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        var content = TestRepository.Content(9, 4096);
        await using var repository = await TestRepository.CreateAsync(store, passphrase);
        await TestRepository.WriteAsync(repository, content);
        return (store, content);
    }

    static async Task<Outcome> RestoreAsync(MemoryObjectStore store, string? passphrase, byte[] content)
    {
        try
        {
            await using var repository = await TestRepository.OpenAsync(store, passphrase);
            var points = await repository.ListPointsAsync(default);
            if (points.Damaged.Count > 0 || points.Count == 0)
            {
                return Outcome.Reported; // a lost point object cannot be told from a deleted one; the catalog can
            }

            if (!(await repository.VerifyDiskAsync(points[0], TestRepository.DiskKey, null, default)).IsIntact)
            {
                return Outcome.Reported;
            }

            var read = await TestRepository.ReadAsync(repository, points[0]);
            return read.AsSpan().SequenceEqual(content) ? Outcome.Restored : Outcome.WrongBytes;
        }
        catch (RepositoryException)
        {
            return Outcome.Reported;
        }
    }

    enum Outcome
    {
        Restored,
        Reported,
        WrongBytes,
    }
}
