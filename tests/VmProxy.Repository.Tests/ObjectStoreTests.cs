using VmProxy.Testing;

namespace VmProxy.Repository.Tests;

public sealed class MemoryObjectStoreTests : ObjectStoreConformance
{
    MemoryObjectStore _store = new(TimeProvider.System);

    protected override IObjectStore Store => _store;

    [SetUp]
    public void Renew() => _store = new MemoryObjectStore(TimeProvider.System);
}

public sealed class LocalObjectStoreTests : ObjectStoreConformance, IDisposable
{
    TempFolder _folder = new();
    LocalObjectStore _store = null!;

    protected override IObjectStore Store => _store;

    [SetUp]
    public void Renew()
    {
        _folder.Dispose();
        _folder = new TempFolder();
        _store = new LocalObjectStore(_folder["store"]);
    }

    public void Dispose() => _folder.Dispose();

    [TestCase("")]
    [TestCase("/etc/passwd")]
    [TestCase("../one")]
    [TestCase("data/../../one")]
    [TestCase("data//one")]
    public void A_name_cannot_leave_the_folder(string name) =>
        Assert.That(async () => await Store.CreateAsync(name, default), Throws.ArgumentException);

    [Test]
    public async Task What_a_dead_writer_left_is_invisible_and_removed_when_it_is_old_and_unlocked()
    {
        await Store.PutAsync("one", new byte[1], default);
        var temporary = Path.Combine(_folder["store"], "tmp");
        var old = Path.Combine(temporary, "old");
        var young = Path.Combine(temporary, "young");
        File.WriteAllBytes(old, new byte[9]);
        File.WriteAllBytes(young, new byte[9]);
        File.SetLastWriteTimeUtc(old, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-2));
        await using var living = await Store.CreateAsync("two", default);
        var held = Directory.GetFiles(temporary).Single(file => file != old && file != young);
        File.SetLastWriteTimeUtc(held, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-2));

        Assert.That(await NamesAsync(""), Is.EqualTo(["one"]));
        Assert.That(_store.RemoveAbandoned(TimeProvider.System), Is.EqualTo(1));
        Assert.That(Directory.GetFiles(temporary), Is.EquivalentTo([young, held]));
        await living.WriteAsync(new byte[2], default);
        await living.CompleteAsync(default);
        Assert.That(await NamesAsync(""), Is.EqualTo(["one", "two"]));
    }

    [Test]
    public async Task A_new_folder_is_for_its_owner_only()
    {
        await Store.PutAsync("one", new byte[1], default);
        Assert.That(OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(_folder["store"]), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
    }

    [Test]
    public void A_full_device_is_recognised()
    {
        using var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write);
        var error = Assert.Catch(() => RandomAccess.Write(full, new byte[4096], 0));
        Assert.That(LocalErrors.Translate("/backup", "data/ab/one", "be written", error), Has.Property("Code").EqualTo(RepositoryErrorCodes.NoSpace)
            .And.Property("Message").Contains("/backup"));
    }

    [Test]
    public async Task A_file_in_the_way_of_the_folder_is_named()
    {
        File.WriteAllText(_folder["file"], "");
        var store = new LocalObjectStore(_folder["file"]);
        Assert.That(async () => await store.PutAsync("one", new byte[1], default), Throws.InstanceOf<RepositoryException>()
            .With.Property("Code").EqualTo(RepositoryErrorCodes.StoreFailed).And.Message.Contains(_folder["file"]));
        await Task.CompletedTask;
    }
}
