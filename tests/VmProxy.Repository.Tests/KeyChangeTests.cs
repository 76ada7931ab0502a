using System.Security.Cryptography;

namespace VmProxy.Repository.Tests;

/// <summary>Adding, removing, replacing, rotating and renewing keys: alone, interrupted anywhere, and at the same time.</summary>
public sealed class KeyChangeTests
{
    static readonly PassphraseCost Cheap = TestRepository.Options.PassphraseCost;
    static readonly RepositoryKey First = RepositoryKey.FromPassphrase(TestRepository.Passphrase);
    static readonly RepositoryKey Second = RepositoryKey.FromPassphrase("second");
    static readonly RepositoryKey KeyFile = RepositoryKey.FromKeyFile(RandomNumberGenerator.GetBytes(48));

    MemoryObjectStore _store = null!;

    [SetUp]
    public async Task MakeAsync()
    {
        _store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(_store);
        await TestRepository.WriteAsync(repository, TestRepository.Content(1, 2048));
    }

    [Test]
    public async Task Every_kind_of_key_opens_and_is_listed()
    {
        PaperKeySheet sheet;
        await using (var repository = await OpenAsync(First))
        {
            await repository.KeyAdministration.AddAsync(Second, "night operator", Cheap, default);
            await repository.KeyAdministration.AddAsync(KeyFile, "proxy02", Cheap, default);
            sheet = await repository.KeyAdministration.AddPaperKeyAsync("safe", default);
        }

        var paper = RepositoryKey.FromPaper(string.Join('\n', sheet.Lines));
        foreach (var key in new[] { First, Second, KeyFile, paper })
        {
            await using var repository = await OpenAsync(key);
            Assert.That(await repository.ListPointsAsync(default), Has.Count.EqualTo(1));
            var list = await repository.KeyAdministration.ListAsync(default);
            Assert.That(list.Keys.Select(info => info.Kind), Is.EquivalentTo(
                new[] { RepositoryKeyKind.Passphrase, RepositoryKeyKind.Passphrase, RepositoryKeyKind.KeyFile, RepositoryKeyKind.Paper }));
            Assert.That(list.Keys.Select(info => info.Label), Is.EquivalentTo(new[] { "initial", "night operator", "proxy02", "safe" }));
            Assert.That((list.Keys.Single(info => info.InUse).Kind, list.Epochs), Is.EqualTo((key.Kind, 1)));
            Assert.That(list.Keys.Select(info => info.Problem), Is.All.Null);
        }

        await using var again = await OpenAsync(Second);
        Assert.That(async () => await again.KeyAdministration.AddAsync(KeyFile, "", Cheap, default), Fails(RepositoryErrorCodes.KeyRefused, "already"));
    }

    [Test]
    public async Task A_removed_key_is_refused_and_the_key_in_use_stays()
    {
        RepositoryKeyInfo added;
        await using (var repository = await OpenAsync(First))
        {
            added = await repository.KeyAdministration.AddAsync(Second, "second", Cheap, default);
        }

        var slot = _store.Content("keys/slots/" + added.Id);
        await using (var repository = await OpenAsync(First))
        {
            var own = (await repository.KeyAdministration.ListAsync(default)).Keys.Single(key => key.InUse);
            Assert.That(async () => await repository.KeyAdministration.RemoveAsync(own.Id, default), Fails(RepositoryErrorCodes.KeyRefused, "another one"));
            Assert.That(async () => await repository.KeyAdministration.RemoveAsync("zz", default), Fails(RepositoryErrorCodes.KeyRefused, "no key 'zz'"));
            Assert.That((await repository.KeyAdministration.RemoveAsync(added.Id[..8], default)).Label, Is.EqualTo("second"));
        }

        Assert.That(async () => await OpenAsync(Second), Fails(RepositoryErrorCodes.WrongKey, "opens none"));
        _store.Tamper("keys/slots/" + added.Id, slot);
        Assert.That(async () => await OpenAsync(Second), Fails(RepositoryErrorCodes.WrongKey, "has been removed"));
        await using var still = await OpenAsync(First);
    }

    [Test]
    public async Task A_replaced_passphrase_opens_in_the_place_of_the_old_one()
    {
        await using (var repository = await OpenAsync(First))
        {
            Assert.That((await repository.KeyAdministration.ReplaceAsync(Second, Cheap, default)).Label, Is.EqualTo("initial"));
        }

        Assert.That(async () => await OpenAsync(First), Fails(RepositoryErrorCodes.WrongKey, "opens none"));
        await using var opened = await OpenAsync(Second);
        Assert.That((await opened.KeyAdministration.ListAsync(default)).Keys, Has.Count.EqualTo(1));
        Assert.That(Count("keys/"), Is.EqualTo(3), "one slot, and the ring twice");
    }

    [Test]
    public async Task A_process_that_was_open_before_a_rotation_goes_on_and_reads_what_came_after_it()
    {
        await using var old = await OpenAsync(First);
        await using var running = await old.BeginSessionAsync(default);
        await using (var other = await OpenAsync(First))
        {
            Assert.That(await other.KeyAdministration.RotateAsync(default), Is.EqualTo(2));
        }

        PointList points;
        await using (var writer = await OpenAsync(First))
        {
            await TestRepository.WriteAsync(writer, TestRepository.Content(2, 4096));
        }

        points = await old.ListPointsAsync(default);
        Assert.That(points.Damaged, Is.Empty);
        Assert.That(await TestRepository.ReadAsync(old, points[1]), Is.EqualTo(TestRepository.Content(2, 4096)));
        Assert.That(Epochs(), Is.EquivalentTo(new[] { 1u, 2u }));

        // A session that had begun before goes on, and a new one writes under the new epoch.
        await running.CommitAsync(TestRepository.Manifest(points[0].Disks[0].Map), default);
        await TestRepository.WriteAsync(old, TestRepository.Content(3, 4096));
        await using var fresh = await OpenAsync(First);
        Assert.That((await fresh.ListPointsAsync(default)).Damaged, Is.Empty);
        Assert.That(Epochs(), Is.EquivalentTo(new[] { 1u, 2u, 2u, 2u }));
        Assert.That(Count("keys/rings/"), Is.EqualTo(2), "older rings go");
    }

    [Test]
    public async Task After_renewal_a_copy_of_the_old_keys_does_not_open_what_is_written_next()
    {
        await using var old = await OpenAsync(First);
        var added = await old.KeyAdministration.AddAsync(Second, "second", Cheap, default);
        await old.KeyAdministration.AddAsync(KeyFile, "file", Cheap, default);
        var copy = _store.Names.Where(name => name.StartsWith("keys/", StringComparison.Ordinal)).ToDictionary(name => name, _store.Content);

        Assert.That(async () => await old.KeyAdministration.RemoveAndRenewAsync(added.Id, [], Cheap, default), Fails(RepositoryErrorCodes.KeyRefused, "key file 'file'"));
        await old.KeyAdministration.RemoveAndRenewAsync(added.Id, [KeyFile], Cheap, default);
        Assert.That(Count("keys/"), Is.EqualTo(4), "two slots, and the ring twice");
        Assert.That(_store.Names.Where(copy.ContainsKey), Is.Empty);
        await using (var opened = await OpenAsync(KeyFile))
        {
            await TestRepository.WriteAsync(opened, TestRepository.Content(2, 4096));
            Assert.That((await opened.KeyAdministration.ListAsync(default)).Keys.Select(key => key.Label), Is.EquivalentTo(new[] { "initial", "file" }));
        }

        Assert.That(async () => await OpenAsync(Second), Fails(RepositoryErrorCodes.WrongKey, "opens none"));
        await using (var opened = await OpenAsync(First))
        {
            Assert.That(await opened.ListPointsAsync(default), Has.Count.EqualTo(2));
        }

        // A thief's own program would take the copy of the keys: it opens the old point only.
        foreach (var name in _store.Names.Where(name => name.StartsWith("keys/", StringComparison.Ordinal)))
        {
            _store.Tamper(name, null);
        }

        foreach (var (name, content) in copy)
        {
            _store.Tamper(name, content);
        }

        await using var thief = await OpenAsync(Second);
        var points = await thief.ListPointsAsync(default);
        Assert.That((points.Count, points.Damaged.Count), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task Changes_at_the_same_time_are_made_one_after_the_other()
    {
        RepositoryKey[] keys = [.. Enumerable.Range(0, 6).Select(number => RepositoryKey.FromPassphrase($"key {number}"))];
        await using var repository = await OpenAsync(First);
        await Task.WhenAll(keys.Select(async key =>
        {
            await using var own = await OpenAsync(First);
            await own.KeyAdministration.AddAsync(key, key.ToString(), Cheap, default);
            await own.KeyAdministration.RotateAsync(default);
        }));
        var list = await repository.KeyAdministration.ListAsync(default);
        Assert.That((list.Keys.Count, list.Epochs), Is.EqualTo((7, 7)));
        Assert.That(Count("keys/"), Is.EqualTo(9), "seven slots, and the ring twice");

        // All but one are removed, each by the next one: the last removal of each pair that names the other must not leave nothing.
        var ids = new Dictionary<RepositoryKey, string>();
        foreach (var key in keys)
        {
            await using var own = await OpenAsync(key);
            ids[key] = (await own.KeyAdministration.ListAsync(default)).Keys.Single(info => info.InUse).Id;
        }

        await Task.WhenAll(keys.Select(async (key, number) =>
        {
            try
            {
                await using var own = await OpenAsync(key);
                await own.KeyAdministration.RemoveAsync(ids[keys[(number + 1) % keys.Length]], default);
            }
            catch (RepositoryException error)
            {
                Assert.That(error.Code, Is.EqualTo(RepositoryErrorCodes.WrongKey).Or.EqualTo(RepositoryErrorCodes.KeyRefused), error.Message);
            }
        }));
        Assert.That((await repository.KeyAdministration.ListAsync(default)).Keys, Has.Count.GreaterThan(1));
    }

    [Test]
    public async Task A_ring_that_is_replaced_while_its_writer_looks_for_it_is_not_taken_for_one_that_never_counted()
    {
        // In which order the rings are read hangs on their names: sixteen changes have all the orders.
        await using var writer = await OpenAsync(First);
        await using var other = await OpenAsync(First);
        for (var number = 0; number < 16; number++)
        {
            string? written = null;
            _store.BeforeOperation = async (operation, _) =>
            {
                if (operation.Kind == StoreOperationKind.Complete && operation.Name.StartsWith("keys/rings/", StringComparison.Ordinal))
                {
                    written ??= operation.Name;
                }
                else if (operation.Kind == StoreOperationKind.Read && operation.Name == written)
                {
                    _store.BeforeOperation = null;
                    await other.KeyAdministration.RotateAsync(default);
                }
            };
            Assert.That(await writer.KeyAdministration.RotateAsync(default), Is.EqualTo((2 * number) + 2));
            Assert.That(_store.BeforeOperation, Is.Null, "the other change came in between");
            Assert.That((await writer.KeyAdministration.ListAsync(default)).Epochs, Is.EqualTo((2 * number) + 3));
        }
    }

    [Test]
    public async Task A_sleeper_whose_ring_name_has_become_free_again_does_not_undo_later_changes()
    {
        await using var sleeper = await OpenAsync(First);
        await using var other = await OpenAsync(First);
        var isAsleep = false;
        _store.BeforeOperation = async (operation, _) =>
        {
            if (operation is { Kind: StoreOperationKind.Complete } && operation.Name.StartsWith("keys/rings/", StringComparison.Ordinal) && !isAsleep)
            {
                isAsleep = true;
                await other.KeyAdministration.AddAsync(Second, "second", Cheap, default);
                await other.KeyAdministration.RotateAsync(default);
            }
        };
        Assert.That(await sleeper.KeyAdministration.RotateAsync(default), Is.EqualTo(3), "the other's epoch is 2");
        _store.BeforeOperation = null;
        await using var opened = await OpenAsync(Second);
        Assert.That((await opened.KeyAdministration.ListAsync(default)).Epochs, Is.EqualTo(3));
        Assert.That(Count("keys/"), Is.EqualTo(4));
    }

    [TestCase("add")]
    [TestCase("remove")]
    [TestCase("replace")]
    [TestCase("rotate")]
    [TestCase("renew")]
    public async Task A_crash_at_any_operation_leaves_a_repository_that_opens_and_can_be_changed(string change)
    {
        RepositoryKeyInfo added;
        await using (var repository = await OpenAsync(First))
        {
            added = await repository.KeyAdministration.AddAsync(KeyFile, "file", Cheap, default);
        }

        var before = _store.Names.ToDictionary(name => name, _store.Content);
        for (var turn = 0; ; turn++)
        {
            _store = new MemoryObjectStore(TimeProvider.System);
            foreach (var (name, content) in before)
            {
                _store.Tamper(name, content);
            }

            var crashed = await CrashAsync(turn, change, added.Id);
            RepositoryKey survivor = change == "replace" && await OpensAsync(Second) ? Second : First;
            await using (var repository = await OpenAsync(survivor))
            {
                var points = await repository.ListPointsAsync(default);
                Assert.That((points.Count, points.Damaged.Count), Is.EqualTo((1, 0)), $"turn {turn}");
                Assert.That((await repository.KeyAdministration.ListAsync(default)).Keys.Select(key => key.Problem), Is.All.Null, $"turn {turn}");
                await TestRepository.WriteAsync(repository, TestRepository.Content(2, 1024));

                // The next change succeeds, cleans up what counts no more, and what stays is at most a slot that no ring lists.
                await repository.KeyAdministration.RotateAsync(default);
                var keys = (await repository.KeyAdministration.ListAsync(default)).Keys.Count;
                Assert.That(Count("keys/rings/"), Is.EqualTo(2), $"turn {turn}");
                Assert.That(Count("keys/slots/"), Is.InRange(keys, keys + 2), $"turn {turn}");
            }

            await using var again = await OpenAsync(survivor);
            Assert.That((await again.ListPointsAsync(default)).Damaged, Is.Empty);
            if (!crashed)
            {
                Assert.That(turn, Is.GreaterThan(6));
                return;
            }
        }
    }

    [Test]
    public async Task A_good_key_opens_beside_damaged_ones_and_another_is_told_that_it_may_be_the_damaged_one()
    {
        RepositoryKeyInfo added;
        await using (var repository = await OpenAsync(First))
        {
            added = await repository.KeyAdministration.AddAsync(Second, "second", Cheap, default);
        }

        var slot = "keys/slots/" + added.Id;
        var bytes = _store.Content(slot);
        bytes[160] ^= 1;
        _store.Tamper(slot, bytes);
        await using (var repository = await OpenAsync(First))
        {
            Assert.That((await repository.KeyAdministration.ListAsync(default)).Keys.Single(key => key.Id == added.Id).Problem, Does.Contain("checksum"));
        }

        Assert.That(async () => await OpenAsync(Second), Fails(RepositoryErrorCodes.KeyDamaged, slot));
        Assert.That(async () => await OpenAsync(KeyFile), Fails(RepositoryErrorCodes.KeyDamaged, "none of the 1 intact"));
        Assert.That(async () => await TestRepository.OpenAsync(_store, null), Fails(RepositoryErrorCodes.KeyRequired, "encrypted"));
        await using var opened = await OpenAsync(First);
        await opened.KeyAdministration.RemoveAsync(added.Id, default);
        Assert.That(async () => await OpenAsync(Second), Fails(RepositoryErrorCodes.WrongKey, "1 × passphrase"));
    }

    [Test]
    public async Task A_repository_without_encryption_has_no_keys_to_change()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, null);
        Assert.That((await repository.KeyAdministration.ListAsync(default)).Keys.Single().Kind, Is.EqualTo(RepositoryKeyKind.Open));
        Assert.That(async () => await repository.KeyAdministration.RotateAsync(default), Fails(RepositoryErrorCodes.KeyRefused, "not encrypted"));
        Assert.That(async () => await repository.KeyAdministration.AddAsync(Second, "", Cheap, default), Fails(RepositoryErrorCodes.KeyRefused, "not encrypted"));
    }

    async Task<bool> CrashAsync(int turn, string change, string added)
    {
        await using var repository = await OpenAsync(First);
        var left = turn;
        _store.BeforeOperation = (operation, _) => Interlocked.Decrement(ref left) < 0
            ? throw new RepositoryException(RepositoryErrorCodes.StoreFailed, operation.Name, $"injected: {operation}")
            : ValueTask.CompletedTask;
        try
        {
            var keys = repository.KeyAdministration;
            await (change switch
            {
                "add" => (Task)keys.AddAsync(Second, "second", Cheap, default),
                "remove" => keys.RemoveAsync(added, default),
                "replace" => keys.ReplaceAsync(Second, Cheap, default),
                "rotate" => keys.RotateAsync(default),
                _ => keys.RemoveAndRenewAsync(added, [], Cheap, default),
            });
            return false;
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.StoreFailed)
        {
            return true;
        }
        finally
        {
            _store.BeforeOperation = null;
        }
    }

    async Task<bool> OpensAsync(RepositoryKey key)
    {
        try
        {
            await using var repository = await OpenAsync(key);
            return true;
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.WrongKey)
        {
            return false;
        }
    }

    Task<BackupRepository> OpenAsync(RepositoryKey key) =>
        RepositoryOpening.OpenAsync(_store, key, TimeProvider.System, TestRepository.Small, default);

    int Count(string prefix) => _store.Names.Count(name => name.StartsWith(prefix, StringComparison.Ordinal));

    IEnumerable<uint> Epochs() => _store.Names.Where(name => name.StartsWith("points/", StringComparison.Ordinal))
        .Select(name => BitConverter.ToUInt32(_store.Content(name), 40));

    static NUnit.Framework.Constraints.IResolveConstraint Fails(string code, string word) =>
        Throws.InstanceOf<RepositoryException>().With.Property("Code").EqualTo(code).And.Message.Contains(word);
}
