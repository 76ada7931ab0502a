using System.Buffers.Binary;
using System.Security.Cryptography;

namespace VmProxy.Repository.Tests;

public sealed class KeyTests
{
    MemoryObjectStore _store = null!;

    [SetUp]
    public async Task MakeAsync()
    {
        _store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(_store);
        await TestRepository.WriteAsync(repository, TestRepository.Content(1, 4096));
    }

    [Test]
    public void A_wrong_passphrase_and_none_have_their_own_codes()
    {
        Assert.That(async () => await TestRepository.OpenAsync(_store, "wrong"), Fails(RepositoryErrorCodes.WrongKey, "passphrase"));
        Assert.That(async () => await TestRepository.OpenAsync(_store, null), Fails(RepositoryErrorCodes.KeyRequired, "encrypted"));
    }

    [Test]
    public void A_damaged_slot_is_not_a_wrong_passphrase()
    {
        Flip(Name("keys/slots/"), 160);
        Assert.That(async () => await TestRepository.OpenAsync(_store), Fails(RepositoryErrorCodes.KeyDamaged, "key slot"));
    }

    [TestCase(1, 1, 1)]
    [TestCase(7, 1, 1)]
    [TestCase(3, 1, 4)]
    [TestCase(31, 1, 4)]
    [TestCase(8, 1, 256)]
    [TestCase(-1, 1, 1)]
    public async Task A_slot_with_a_cost_that_Argon2_does_not_know_is_passed_over(int memory, int passes, int lanes)
    {
        var slot = _store.Content(Name("keys/slots/"));
        BinaryPrimitives.WriteInt32LittleEndian(slot.AsSpan(40), memory);
        BinaryPrimitives.WriteInt32LittleEndian(slot.AsSpan(44), passes);
        BinaryPrimitives.WriteInt32LittleEndian(slot.AsSpan(48), lanes);
        SHA256.HashData(slot.AsSpan(0, 200), slot.AsSpan(200));
        const string Foreign = "keys/slots/00000000000000000000000000000000";
        _store.Tamper(Foreign, slot);
        await using (var opened = await TestRepository.OpenAsync(_store))
        {
            Assert.That(await opened.ListPointsAsync(default), Has.Count.EqualTo(1));
        }

        Assert.That(async () => await TestRepository.OpenAsync(_store, "wrong"), Fails(RepositoryErrorCodes.KeyDamaged, Foreign));
    }

    [Test]
    public async Task A_ring_is_there_twice_and_a_damaged_or_lost_one_is_named()
    {
        string[] rings = [.. _store.Names.Where(name => name.StartsWith("keys/rings/", StringComparison.Ordinal))];
        Assert.That(rings, Has.Length.EqualTo(2));
        Flip(rings[0], 60);
        await using (var repository = await TestRepository.OpenAsync(_store))
        {
            Assert.That(await repository.ListPointsAsync(default), Has.Count.EqualTo(1), "the other copy serves");
        }

        Flip(rings[1], 60);
        Assert.That(async () => await TestRepository.OpenAsync(_store), Fails(RepositoryErrorCodes.KeyDamaged, "key ring"));
        _store.Tamper(rings[0], null);
        _store.Tamper(rings[1], null);
        Assert.That(async () => await TestRepository.OpenAsync(_store), Fails(RepositoryErrorCodes.KeyDamaged, "key ring"));
    }

    [Test]
    public async Task A_slot_of_another_passphrase_does_not_matter()
    {
        // A second slot with another master key stands for any slot that is not ours.
        var other = new MemoryObjectStore(TimeProvider.System);
        await using (await TestRepository.CreateAsync(other, "other"))
        {
            var slot = other.Names.Single(name => name.StartsWith("keys/slots/", StringComparison.Ordinal));
            _store.Tamper(slot, other.Content(slot));
        }

        await using var repository = await TestRepository.OpenAsync(_store);
        Assert.That(await repository.ListPointsAsync(default), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_place_without_repository_and_one_with_are_told_apart()
    {
        var empty = new MemoryObjectStore(TimeProvider.System);
        Assert.That(async () => await TestRepository.OpenAsync(empty), Fails(RepositoryErrorCodes.NotARepository, "repo init"));
        empty.Tamper("vmproxy-repository", "something else"u8.ToArray());
        Assert.That(async () => await TestRepository.OpenAsync(empty), Fails(RepositoryErrorCodes.NotARepository, "another program"));
        Assert.That(async () => await TestRepository.CreateAsync(_store), Fails(RepositoryErrorCodes.Exists, "already"));
        await using var repository = await TestRepository.OpenAsync(_store);
        Assert.That(await repository.ListPointsAsync(default), Has.Count.EqualTo(1));
    }

    [Test]
    public void A_folder_that_does_not_exist_is_named()
    {
        using var folder = new VmProxy.Testing.TempFolder();
        Assert.That(async () => await TestRepository.OpenAsync(new LocalObjectStore(folder["missing"])), Fails(RepositoryErrorCodes.NotFound, folder["missing"]));
        Assert.That(async () => await TestRepository.OpenAsync(new LocalObjectStore(folder.Path)), Fails(RepositoryErrorCodes.NotARepository, folder.Path));
    }

    [TestCase(4, "version")]
    [TestCase(24, "read")]
    [TestCase(48, "algorithms")]
    public void A_later_format_is_refused_and_says_so(int position, string word)
    {
        var header = _store.Content("vmproxy-repository");
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(position), 9);
        SHA256.HashData(header.AsSpan(0, 96), header.AsSpan(96));
        _store.Tamper("vmproxy-repository", header);
        Assert.That(async () => await TestRepository.OpenAsync(_store), Fails(RepositoryErrorCodes.UnsupportedVersion, word));
    }

    [Test]
    public async Task An_unknown_write_feature_refuses_writing_and_deleting_and_leaves_reading()
    {
        await using (var repository = await TestRepository.OpenAsync(_store))
        {
            var header = _store.Content("vmproxy-repository");
            header[32] = 0x81;
            HMACSHA256.HashData(repository.Keys.HeaderKey, header.AsSpan(0, 64), header.AsSpan(64));
            SHA256.HashData(header.AsSpan(0, 96), header.AsSpan(96));
            _store.Tamper("vmproxy-repository", header);
        }

        var before = _store.Names.ToDictionary(name => name, _store.Content);
        await using var opened = await TestRepository.OpenAsync(_store);
        var point = (await opened.ListPointsAsync(default)).Single();
        Assert.That(await TestRepository.ReadAsync(opened, point), Is.EqualTo(TestRepository.Content(1, 4096)));
        Assert.That((await opened.VerifyDiskAsync(point, TestRepository.DiskKey, null, default)).IsIntact, Is.True);
        Func<Task>[] writes =
        [
            () => opened.BeginSessionAsync(default), () => opened.DeletePointAsync(point.Id, default), () => opened.HoldPointAsync(point.Id, "", default),
            () => opened.ReleasePointAsync(point.Id, default), () => opened.PruneAsync(new PruneOptions { Owner = "test" }, null, default),
            () => opened.KeyAdministration.RotateAsync(default),
        ];
        foreach (var write in writes)
        {
            Assert.That(async () => await write(), Fails(RepositoryErrorCodes.UnsupportedVersion, "can be read"));
        }

        Assert.That(_store.Names, Is.EqualTo(before.Keys.Order(StringComparer.Ordinal)));
    }

    [Test]
    public void Encryption_cannot_be_switched_off_from_outside()
    {
        var header = _store.Content("vmproxy-repository");
        header[49] = 0;
        SHA256.HashData(header.AsSpan(0, 96), header.AsSpan(96));
        _store.Tamper("vmproxy-repository", header);
        Assert.That(async () => await TestRepository.OpenAsync(_store), Fails(RepositoryErrorCodes.WrongKey, "replaced"));
    }

    [Test]
    public async Task Names_and_bytes_tell_nothing_about_the_machine()
    {
        await using var repository = await TestRepository.OpenAsync(_store);
        await TestRepository.WriteAsync(repository, "payroll-secret"u8.ToArray().Concat(new byte[1010]).ToArray());
        var everything = string.Join('\n', _store.Names.Select(name => name + System.Text.Encoding.Latin1.GetString(_store.Content(name))));
        Assert.That(everything, Does.Not.Contain("web01").And.Not.Contain("payroll").And.Not.Contain("vm-42"));
    }

    static NUnit.Framework.Constraints.IResolveConstraint Fails(string code, string word) =>
        Throws.InstanceOf<RepositoryException>().With.Property("Code").EqualTo(code).And.Message.Contains(word);

    string Name(string prefix) => _store.Names.Single(name => name.StartsWith(prefix, StringComparison.Ordinal));

    void Flip(string name, int position)
    {
        var bytes = _store.Content(name);
        bytes[position] ^= 1;
        _store.Tamper(name, bytes);
    }
}
