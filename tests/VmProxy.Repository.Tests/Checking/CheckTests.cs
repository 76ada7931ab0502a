using VmProxy.Repository.Checking;
using VmProxy.Repository.Maintenance;

namespace VmProxy.Repository.Tests.Checking;

/// <summary>What a check names, what it leaves for the next one, and what it does not take for damage.</summary>
public sealed class CheckTests
{
    static readonly CheckOptions Everything = new() { ReadData = true };

    [Test]
    public async Task A_whole_repository_is_clean_and_every_object_is_counted([Values] bool encrypted)
    {
        var (store, repository, _) = await MakeAsync(encrypted ? TestRepository.Passphrase : null);
        await using var _ = repository;
        store.Tamper("lost+found/readme", [1, 2, 3]);
        var report = await repository.CheckAsync(Everything, null, default);
        Assert.That(report.Findings, Is.Empty);
        var packs = store.Names.Count(IsPack);
        Assert.That((report.Points, report.Packs, report.PacksRead, report.ForeignObjects, report.UnusedPacks), Is.EqualTo((2, packs, packs, 1, 0)));
        Assert.That(report.BytesRead, Is.EqualTo(store.Names.Where(IsPack).Sum(name => (long)store.Content(name).Length)));
        Assert.That(report.PacksNeverRead, Is.Zero);
        Assert.That(report.OldestRead, Is.Not.Null);
    }

    [Test]
    public async Task Every_lost_object_that_anything_needs_is_named()
    {
        var (store, repository, _) = await MakeAsync();
        await repository.DisposeAsync();
        foreach (var name in store.Names.Where(name => !name.StartsWith("points/", StringComparison.Ordinal) && !name.StartsWith("checks/", StringComparison.Ordinal)).ToArray())
        {
            var whole = store.Content(name);
            store.Tamper(name, null);
            var findings = await FindingsAsync(store);
            if (name.StartsWith("index/", StringComparison.Ordinal))
            {
                Assert.That(findings?.Select(finding => finding.Code), Has.Member(CheckCodes.ChunkUnknown).Or.Member(CheckCodes.IndexIncomplete), name);
            }
            else
            {
                Assert.That(findings is null || findings.Any(finding => finding.Object == name), Is.True, name);
            }

            store.Tamper(name, whole);
        }
    }

    [Test]
    public async Task Every_cut_and_every_longer_object_is_named()
    {
        var (store, repository, _) = await MakeAsync();
        await repository.DisposeAsync();
        foreach (var name in store.Names)
        {
            var whole = store.Content(name);
            foreach (var length in new[] { 0, 1, 31, whole.Length / 2, whole.Length - 1, whole.Length + 1 })
            {
                var changed = new byte[length];
                whole.AsSpan(0, Math.Min(length, whole.Length)).CopyTo(changed);
                store.Tamper(name, changed);
                var findings = await FindingsAsync(store);
                Assert.That(findings is null || findings.Any(finding => finding.Object == name), Is.True, $"{name} cut to {length} of {whole.Length}");
            }

            store.Tamper(name, whole);
        }
    }

    [TestCase("data/", "cut", CheckCodes.PackLength)]
    [TestCase("data/", "longer", CheckCodes.PackLength)]
    [TestCase("data/", "footer", CheckCodes.PackFrame)]
    [TestCase("index/", "body", CheckCodes.Segment)]
    public async Task The_code_tells_what_kind_of_damage_it_is(string prefix, string damage, string code)
    {
        var (store, repository, _) = await MakeAsync();
        await repository.DisposeAsync();
        var name = store.Names.First(one => one.StartsWith(prefix, StringComparison.Ordinal));
        var content = (byte[])store.Content(name).Clone();
        switch (damage)
        {
            case "cut":
                content = content[..^1];
                break;
            case "longer":
                content = [.. content, 0];
                break;
            case "footer":
                content[^1] ^= 1;
                break;
            default:
                // What follows the header belongs to no frame.
                content.AsSpan(64).Fill(0x55);
                break;
        }

        store.Tamper(name, content);
        Assert.That((await FindingsAsync(store))!.Where(finding => finding.Object == name).Select(finding => finding.Code), Has.Member(code));
    }

    [Test]
    public async Task Objects_that_changed_places_are_named()
    {
        var (store, repository, _) = await MakeAsync();
        await repository.DisposeAsync();
        string[] names = [.. store.Names];
        foreach (var prefix in new[] { "data/", "meta/", "index/", "points/" })
        {
            var pair = names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Take(2).ToArray();
            var (first, second) = (store.Content(pair[0]), store.Content(pair[1]));
            store.Tamper(pair[0], second);
            store.Tamper(pair[1], first);
            var findings = await FindingsAsync(store);
            Assert.That(findings!.Select(finding => finding.Object), Is.SupersetOf(pair));
            store.Tamper(pair[0], first);
            store.Tamper(pair[1], second);
        }

        // A data pack in the place of a metadata pack, and the other way round.
        var data = names.First(name => name.StartsWith("data/", StringComparison.Ordinal));
        var meta = names.First(name => name.StartsWith("meta/", StringComparison.Ordinal));
        var content = store.Content(data);
        store.Tamper(data, store.Content(meta));
        store.Tamper(meta, content);
        Assert.That((await FindingsAsync(store))!.Select(finding => finding.Object), Is.SupersetOf([data, meta]));
    }

    [Test]
    public async Task Damage_is_named_with_all_points_and_ranges_that_it_hits()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, tuning: TestRepository.Small with { FrameBytes = 512 });
        var content = new byte[64 << 10];
        new Random(5).NextBytes(content);
        content.AsSpan(0, 512).CopyTo(content.AsSpan(4096)); // the same chunk in two places
        var (first, _) = await TestRepository.WriteAsync(repository, content, step: 512);
        var changed = (byte[])content.Clone();
        new Random(6).NextBytes(changed.AsSpan(4096, 512));
        var (second, _) = await TestRepository.WriteAsync(repository, changed, first.Disks[0].Map, [(4096, 512)]);

        await repository.Index.RefreshAsync(default);
        var place = repository.Reader.Find(repository.Keys.ChunkId(content.AsSpan(0, 512)));
        var bytes = store.Content(place.Pack.Header.ObjectName);
        bytes[(int)place.Offset + 80] ^= 1;
        store.Tamper(place.Pack.Header.ObjectName, bytes);

        var finding = (await repository.CheckAsync(Everything, null, default)).Findings.Single();
        Assert.That((finding.Code, finding.Object, finding.Offset, finding.Length), Is.EqualTo((CheckCodes.Frame, place.Pack.Header.ObjectName, (long)place.Offset, (long)place.Length)));
        Assert.That(finding.Uses.Select(use => (use.Point, use.VirtualMachine, use.Disk, use.DiskKey)), Is.EquivalentTo(new[]
        {
            (first.Id, "web01", "Hard disk 1", (int?)TestRepository.DiskKey), (second.Id, "web01", "Hard disk 1", TestRepository.DiskKey),
        }));
        Assert.That(finding.Uses.Single(use => use.Point == first.Id).Ranges, Is.EqualTo([new DiskRange(0, 512), new DiskRange(4096, 512)]));
        Assert.That(finding.Uses.Single(use => use.Point == second.Id).Ranges, Is.EqualTo([new DiskRange(0, 512)]));
    }

    [Test]
    public async Task Repeated_subsets_read_everything_oldest_first()
    {
        var (store, repository, _) = await MakeAsync();
        await using var _ = repository;
        var packs = store.Names.Count(IsPack);
        var read = 0L;
        for (var i = 0; i < 4; i++)
        {
            var report = await repository.CheckAsync(new CheckOptions { ReadDataSubset = 26 }, null, default);
            Assert.That(report.PacksRead, Is.GreaterThan(0).And.LessThan(packs));
            read += report.PacksRead;
            Assert.That(report.PacksNeverRead, Is.EqualTo(Math.Max(0, packs - read)));
        }

        Assert.That(read, Is.GreaterThanOrEqualTo(packs));
        Assert.That(store.Names.Count(name => name.StartsWith("checks/", StringComparison.Ordinal)), Is.EqualTo(1), "one table");
    }

    [Test]
    public async Task A_time_budget_begins_no_pack_after_it()
    {
        var (_, repository, _) = await MakeAsync();
        await using var _ = repository;
        Assert.That((await repository.CheckAsync(new CheckOptions { TimeBudget = TimeSpan.FromTicks(1) }, null, default)).PacksRead, Is.Zero);
        var report = await repository.CheckAsync(new CheckOptions { TimeBudget = TimeSpan.FromHours(1) }, null, default);
        Assert.That(report.PacksRead, Is.EqualTo(report.Packs));
    }

    [Test]
    public async Task Checks_side_by_side_lose_no_result()
    {
        var (store, repository, _) = await MakeAsync();
        await using var _ = repository;
        string[] packs = [.. store.Names.Where(IsPack)];
        Flip(store, packs[0], 150);
        Flip(store, packs[^1], 150);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => repository.CheckAsync(Everything, null, default))));
        var (table, _) = await new CheckNotes(new NoteStore(store, repository.Keys, repository.Seal)).ReadAsync(default);
        Assert.That(packs.All(pack => ObjectNames.TryParse(pack, out var id) && table.ReadAt(id) > 0), Is.True);
        Assert.That(table.Places().Frames.Select(frame => frame.Pack.ToString()).Distinct().Order(), Is.EqualTo(new[] { packs[0], packs[^1] }.Select(Name).Order()));
    }

    [Test]
    public async Task What_a_prune_removes_meanwhile_is_no_damage()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store);
        await TestRepository.WriteAsync(repository, TestRepository.Content(1, 64 << 10));
        var before = store.Names.ToHashSet();
        await TestRepository.WriteAsync(repository, TestRepository.Content(2, 64 << 10));
        string[] removed = [.. store.Names.Where(name => !before.Contains(name))];
        foreach (var moment in Enumerable.Range(0, 60))
        {
            var snapshot = removed.ToDictionary(name => name, store.Content);
            var calls = 0;
            store.BeforeOperation = (operation, _) =>
            {
                if (operation.Kind is StoreOperationKind.Read or StoreOperationKind.List && calls++ == moment * 5)
                {
                    // As a prune does: the point long before, packs, then the index.
                    foreach (var name in removed)
                    {
                        store.Tamper(name, null);
                    }
                }

                return ValueTask.CompletedTask;
            };
            var report = await repository.CheckAsync(Everything, null, default);
            store.BeforeOperation = null;
            Assert.That(report.Findings, Is.Empty, $"removed at call {moment * 5}: {string.Join("; ", report.Findings)}");
            foreach (var (name, content) in snapshot)
            {
                store.Tamper(name, content);
            }
        }
    }

    [Test]
    public async Task One_object_that_cannot_be_read_is_named_and_does_not_end_the_check([Values("data/", "meta/", "points/")] string prefix, [Values] bool isShort)
    {
        var (store, repository, _) = await MakeAsync();
        await using var _ = repository;
        var bad = store.Names.First(name => name.StartsWith(prefix, StringComparison.Ordinal));
        store.BeforeOperation = (operation, _) => operation.Kind == StoreOperationKind.Read && operation.Name == bad
            ? throw new RepositoryException(isShort ? RepositoryErrorCodes.Damaged : RepositoryErrorCodes.StoreFailed, bad, "bad sector")
            : ValueTask.CompletedTask;
        var report = await repository.CheckAsync(Everything, null, default);
        Assert.That(report.Findings.Select(finding => finding.Object), Has.Member(bad));
        Assert.That(report.Findings.Select(finding => finding.Object).Except([bad, "index"]), Is.Empty);
    }

    [Test]
    public async Task A_store_that_goes_away_ends_the_check_and_notes_no_damage()
    {
        var (store, repository, _) = await MakeAsync();
        await using var _ = repository;
        for (var after = 0; after < 200; after += 7)
        {
            var calls = 0;
            store.BeforeOperation = (operation, _) => calls++ >= after
                ? throw new RepositoryException(RepositoryErrorCodes.StoreFailed, operation.Name, "stale file handle")
                : ValueTask.CompletedTask;
            CheckReport? report = null;
            try
            {
                report = await repository.CheckAsync(Everything, null, default);
            }
            catch (RepositoryException error)
            {
                Assert.That(error.Code, Is.EqualTo(RepositoryErrorCodes.StoreFailed));
            }

            store.BeforeOperation = null;
            Assert.That(report?.Findings ?? [], Is.Empty, $"after {after} calls");
            var (table, _) = await new CheckNotes(new NoteStore(store, repository.Keys, repository.Seal)).ReadAsync(default);
            Assert.That(table.HasDamage, Is.False, $"after {after} calls");
        }
    }

    [Test]
    public async Task A_full_store_is_checked_all_the_same()
    {
        var (store, repository, _) = await MakeAsync();
        await using var _ = repository;
        store.Capacity = store.TotalLength;
        var report = await repository.CheckAsync(Everything, null, default);
        Assert.That(report.IsClean, Is.True);
        Assert.That(report.NotKept, Is.Not.Null);
    }

    [Test]
    public async Task A_cancelled_check_keeps_what_it_read()
    {
        var (store, repository, _) = await MakeAsync();
        await using var _ = repository;
        using var cancel = new CancellationTokenSource();
        var reads = 0;
        store.BeforeOperation = (operation, _) =>
        {
            if (operation.Kind == StoreOperationKind.Read && IsPack(operation.Name) && ++reads == 60)
            {
                cancel.Cancel();
            }

            return ValueTask.CompletedTask;
        };
        Assert.CatchAsync<OperationCanceledException>(async () => await repository.CheckAsync(Everything, null, cancel.Token));
        store.BeforeOperation = null;
        var report = await repository.CheckAsync(new CheckOptions(), null, default);
        Assert.That(report.PacksNeverRead, Is.GreaterThan(0).And.LessThan(report.Packs));
    }

    static bool IsPack(string name) => name.StartsWith("data/", StringComparison.Ordinal) || name.StartsWith("meta/", StringComparison.Ordinal);

    static string Name(string pack) => pack[(pack.LastIndexOf('/') + 1)..];

    static void Flip(MemoryObjectStore store, string name, int position)
    {
        var content = store.Content(name);
        content[position] ^= 4;
        store.Tamper(name, content);
    }

    static async Task<(MemoryObjectStore Store, BackupRepository Repository, RestorePoint[] Points)> MakeAsync(string? passphrase = TestRepository.Passphrase)
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        var repository = await TestRepository.CreateAsync(store, passphrase);
        var (first, _) = await TestRepository.WriteAsync(repository, TestRepository.Content(1, 64 << 10));
        var (second, _) = await TestRepository.WriteAsync(repository, TestRepository.Content(2, 64 << 10));
        return (store, repository, [first, second]);
    }

    /// <summary>Null when the repository does not even open, and says so.</summary>
    static async Task<IReadOnlyList<CheckFinding>?> FindingsAsync(MemoryObjectStore store)
    {
        BackupRepository repository;
        try
        {
            repository = await TestRepository.OpenAsync(store);
        }
        catch (RepositoryException)
        {
            return null;
        }

        await using (repository)
        {
            var before = store.Names.ToHashSet();
            var report = await repository.CheckAsync(Everything, null, default);
            foreach (var note in store.Names.Where(name => !before.Contains(name)))
            {
                store.Tamper(note, null);
            }

            return report.Findings;
        }
    }
}
