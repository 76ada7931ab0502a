using VmProxy.Repository.Maps;

namespace VmProxy.Repository.Tests.Checking;

/// <summary>Damage that a check has found is stored anew by the next backup: its point is whole, and so are older ones with the same content.</summary>
public sealed class HealingTests
{
    static readonly CheckOptions Everything = new() { ReadData = true };

    // Leaves are written once and whole: a page that is stored anew is the same then. (A patch may come back as a full page, which heals no older point.)
    static readonly Tuning Tuning = TestRepository.Small with { PendingReferences = 1 << 20 };

    // Leaves of 512 KiB: three of them, so that a level of interior pages exists.
    const int Length = 3 * 1024 * 512;

    [Test]
    public async Task Damage_is_healed_by_the_next_backup(
        [Values("frame", "leaf", "root", "pack", "metadata pack", "segment", "lost segment")] string what, [Values] bool changesToo)
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        var content = TestRepository.Content(7, Length);
        RestorePoint point;
        await using (var repository = await TestRepository.CreateAsync(store, tuning: Tuning))
        {
            (point, _) = await TestRepository.WriteAsync(repository, content);
        }

        await BreakAsync(store, what);
        await using var damaged = await TestRepository.OpenAsync(store, tuning: Tuning);
        var report = await damaged.CheckAsync(Everything, null, default);
        Assert.That(report.LosesData, Is.True);
        var uses = report.Findings.SelectMany(finding => finding.Uses).ToArray();
        Assert.That(uses.Select(use => (use.Point, use.VirtualMachine, use.Disk)).Distinct(), Is.EqualTo([(point.Id, "web01", "Hard disk 1")]));

        // The ranges are exactly what cannot be read.
        var map = point.Disks[0].Map;
        var ranges = await damaged.DamagedRangesAsync(map, default);
        Assert.That(ranges, Is.Not.Empty);
        Assert.That(ranges.Sum(range => range.Length), Is.EqualTo(uses.SelectMany(use => use.Ranges).Sum(range => range.Length)));
        await using (var device = await damaged.OpenDiskAsync(point, TestRepository.DiskKey, default))
        {
            var position = 0L;
            foreach (var range in ranges.Append(new DiskRange(Length, 0)))
            {
                var whole = new byte[range.Offset - position];
                await device.ReadAsync(position, whole, default);
                Assert.That(whole.AsSpan().SequenceEqual(content.AsSpan((int)position, whole.Length)), Is.True);
                position = range.Offset + range.Length;
            }
        }

        // The next backup: the damaged ranges are read again, and what the guest changed.
        var next = (byte[])content.Clone();
        if (changesToo)
        {
            foreach (var range in ranges)
            {
                new Random(3).NextBytes(next.AsSpan((int)range.Offset, (int)range.Length));
            }
        }

        var healed = await BackupAsync(damaged, next, map, ranges, ranges);
        Assert.That(await TestRepository.ReadAsync(damaged, healed), Is.EqualTo(next));

        await using var later = await TestRepository.OpenAsync(store, tuning: Tuning);
        var again = await later.CheckAsync(Everything, null, default);
        Assert.That(await later.DamagedRangesAsync(healed.Disks[0].Map, default), Is.Empty);
        Assert.That(await TestRepository.ReadAsync(later, healed), Is.EqualTo(next));

        // What the machine does not hold any more is lost to the older point, and to it alone.
        Assert.That(again.LosesData, Is.EqualTo(changesToo), string.Join("; ", again.Findings));
        Assert.That(again.Findings.SelectMany(finding => finding.Uses).Select(use => use.Point).Distinct(), Is.SubsetOf([point.Id]));
        if (!changesToo)
        {
            Assert.That(await TestRepository.ReadAsync(later, point), Is.EqualTo(content));
        }
    }

    [Test]
    public async Task Damage_that_is_gone_is_forgotten_by_the_next_check()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, tuning: Tuning);
        var (point, _) = await TestRepository.WriteAsync(repository, TestRepository.Content(7, 64 << 10));
        foreach (var what in new[] { "frame", "pack" })
        {
            var name = Data(store)[0];
            var whole = store.Content(name);
            await BreakAsync(store, what);
            Assert.That((await repository.CheckAsync(Everything, null, default)).LosesData, Is.True);
            Assert.That(await repository.DamagedRangesAsync(point.Disks[0].Map, default), Is.Not.Empty);
            store.Tamper(name, whole);

            // What was damaged is looked at again by every check, also without reading data.
            Assert.That((await repository.CheckAsync(new CheckOptions(), null, default)).Findings, Is.Empty);
            Assert.That(await repository.DamagedRangesAsync(point.Disks[0].Map, default), Is.Empty);
        }

        Assert.That(store.Names.Count(name => name.StartsWith("checks/", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test]
    public async Task Healed_damage_goes_with_a_prune([Values("frame", "leaf", "pack", "footer")] string what)
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, tuning: Tuning);
        var content = TestRepository.Content(7, 64 << 10);
        var (point, _) = await TestRepository.WriteAsync(repository, content);
        var map = point.Disks[0].Map;
        await BreakAsync(store, what);
        var found = await repository.CheckAsync(Everything, null, default);
        Assert.That(found.Findings, Is.Not.Empty);
        Assert.That(found.LosesData, Is.EqualTo(what != "footer"));
        var ranges = await repository.DamagedRangesAsync(map, default);
        var healed = await BackupAsync(repository, content, map, ranges, ranges);
        await repository.CheckAsync(Everything, null, default);
        for (var i = 0; i < 2; i++)
        {
            await repository.PruneAsync(new PruneOptions { Grace = TimeSpan.Zero }, null, default);
        }

        await using var later = await TestRepository.OpenAsync(store, tuning: Tuning);
        Assert.That((await later.CheckAsync(Everything, null, default)).Findings, Is.Empty);
        Assert.That(await TestRepository.ReadAsync(later, point), Is.EqualTo(content));
        Assert.That(await TestRepository.ReadAsync(later, healed), Is.EqualTo(content));
    }

    [Test]
    public async Task What_a_verification_finds_is_noted_too()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, tuning: Tuning);
        var content = TestRepository.Content(7, 64 << 10);
        var (point, _) = await TestRepository.WriteAsync(repository, content);
        await BreakAsync(store, "frame");
        var found = await repository.VerifyDiskAsync(point, TestRepository.DiskKey, null, default);
        var ranges = await repository.DamagedRangesAsync(point.Disks[0].Map, default);
        Assert.That(ranges.Sum(range => range.Length), Is.EqualTo(found.Damaged.Sum(range => range.Length)));
        await BackupAsync(repository, content, point.Disks[0].Map, ranges, ranges);
        Assert.That(await TestRepository.ReadAsync(repository, point), Is.EqualTo(content));
    }

    [Test]
    public async Task A_full_backup_heals_too()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, tuning: Tuning);
        var content = TestRepository.Content(7, 64 << 10);
        var (point, _) = await TestRepository.WriteAsync(repository, content);
        foreach (var what in new[] { "frame", "leaf" })
        {
            await BreakAsync(store, what);
            await repository.CheckAsync(Everything, null, default);
            await TestRepository.WriteAsync(repository, content);
            Assert.That(await TestRepository.ReadAsync(repository, point), Is.EqualTo(content), what);
        }
    }

    [Test]
    public async Task An_unreadable_page_fails_one_backup_and_not_the_next()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        var content = TestRepository.Content(7, Length);
        RestorePoint point;
        await using (var repository = await TestRepository.CreateAsync(store, tuning: Tuning))
        {
            (point, _) = await TestRepository.WriteAsync(repository, content);
        }

        await BreakAsync(store, "leaf");
        var map = point.Disks[0].Map;
        await using var damaged = await TestRepository.OpenAsync(store, tuning: Tuning);
        Assert.That(await damaged.DamagedRangesAsync(map, default), Is.Empty, "nobody knows yet");
        var error = Assert.ThrowsAsync<RepositoryException>(async () => await BackupAsync(damaged, content, map, [new DiskRange(0, Length)], []));
        Assert.That(error.Code, Is.EqualTo(RepositoryErrorCodes.Damaged).Or.EqualTo(RepositoryErrorCodes.SessionFailed));
        var ranges = await damaged.DamagedRangesAsync(map, default);
        Assert.That(ranges, Is.Not.Empty);
        var healed = await BackupAsync(damaged, content, map, ranges, ranges);
        Assert.That(await TestRepository.ReadAsync(damaged, healed), Is.EqualTo(content));
    }

    [Test]
    public async Task A_backup_that_leaves_damage_out_cannot_be_completed()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, tuning: Tuning);
        var content = TestRepository.Content(7, 64 << 10);
        var (point, _) = await TestRepository.WriteAsync(repository, content);
        Assert.ThrowsAsync<InvalidOperationException>(async () =>
            await BackupAsync(repository, content, point.Disks[0].Map, [new DiskRange(0, 512)], [new DiskRange(0, 1024)]));
    }

    static async Task BreakAsync(MemoryObjectStore store, string what)
    {
        switch (what)
        {
            case "frame":
                Flip(store, Data(store)[0], 32 + 100);
                break;
            case "leaf" or "root" or "metadata pack":
                await using (var repository = await TestRepository.OpenAsync(store, tuning: Tuning))
                {
                    var map = (await repository.ListPointsAsync(default))[0].Disks[0].Map;
                    await repository.Index.RefreshAsync(default);
                    var pages = new MapReader(map, new PageCache(repository.Reader.ReadMetadataAsync, 8));
                    var page = repository.Reader.Find(what == "root" ? map.RootId : await pages.PageIdAsync(0, 0, default));
                    if (what == "metadata pack")
                    {
                        store.Tamper(page.Pack.Header.ObjectName, null);
                    }
                    else
                    {
                        Flip(store, page.Pack.Header.ObjectName, (int)page.Offset + 70);
                    }
                }

                break;
            case "footer":
                Flip(store, Data(store)[0], store.Content(Data(store)[0]).Length - 3);
                break;
            case "pack":
                store.Tamper(Data(store)[0], null);
                break;
            case "segment":
                Flip(store, Names(store, "index/")[0], 100);
                break;
            default:
                store.Tamper(Names(store, "index/")[0], null);
                break;
        }
    }

    static void Flip(MemoryObjectStore store, string name, int position)
    {
        var content = store.Content(name);
        content[position] ^= 4;
        store.Tamper(name, content);
    }

    static string[] Data(MemoryObjectStore store) => Names(store, "data/");

    static string[] Names(MemoryObjectStore store, string prefix) => [.. store.Names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))];

    static async Task<RestorePoint> BackupAsync(
        BackupRepository repository, byte[] disk, DiskMap map, IReadOnlyList<DiskRange> areas, IReadOnlyList<DiskRange> damaged)
    {
        await using var session = await repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = disk.Length, ChunkSize = 512, Base = map, Damaged = damaged });
        var chunks = areas.SelectMany(area => Enumerable.Range((int)(area.Offset / 512), (int)((area.Length + 511) / 512))).Distinct();
        foreach (var chunk in chunks)
        {
            await writer.StoreAsync(chunk * 512L, disk.AsMemory(chunk * 512, 512), default);
        }

        return await session.CommitAsync(TestRepository.Manifest(await writer.CompleteAsync(default)), default);
    }
}
