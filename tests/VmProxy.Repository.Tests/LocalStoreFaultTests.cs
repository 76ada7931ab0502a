using System.Diagnostics;
using VmProxy.Testing;

namespace VmProxy.Repository.Tests;

/// <summary>Folders that cannot be looked at, and names that stand for something other than a file.</summary>
[NonParallelizable]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform(Exclude = "Win")]
public sealed class LocalStoreFaultTests : IDisposable
{
    const string Name = "0123456789abcdef0123456789abcdef";
    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestCase("")]
    [TestCase("points")]
    public async Task What_cannot_be_looked_at_is_a_failure_and_never_absent(string hidden)
    {
        var store = new LocalObjectStore(_folder["store"]);
        await store.PutAsync("points/a", new byte[3], default);
        Unprivileged.Admit(_folder.Path);
        Unprivileged.Admit(_folder["store"]);
        var folder = Path.Combine(_folder["store"], hidden);
        var before = await OutcomesAsync(store);
        Unprivileged.Hide(folder);
        List<string> outcomes;
        try
        {
            using var _ = new Unprivileged();
            outcomes = await OutcomesAsync(store);
        }
        finally
        {
            Unprivileged.Admit(folder);
        }

        Assert.That(before, Is.All.EqualTo("done"));
        Assert.That(outcomes, Is.All.EqualTo(RepositoryErrorCodes.StoreFailed));
        Assert.That(await store.GetLengthAsync("points/a", default), Is.EqualTo(3));
    }

    [Test]
    public async Task A_store_that_cannot_be_looked_at_is_not_said_to_be_missing()
    {
        var store = new LocalObjectStore(_folder["store"]);
        await store.PutAsync("points/a", new byte[3], default);
        Assert.That(await store.ExistsAsync(), Is.True);
        var code = "";
        Unprivileged.Hide(_folder.Path);
        try
        {
            using var _ = new Unprivileged();
            code = await OutcomeAsync(async () => await store.ExistsAsync());
        }
        finally
        {
            Unprivileged.Admit(_folder.Path);
        }

        Assert.That(code, Is.EqualTo(RepositoryErrorCodes.StoreFailed));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task A_pipe_is_no_object_and_is_not_opened(CancellationToken cancellationToken)
    {
        var store = await MakeAsync();
        using (var mkfifo = Process.Start("mkfifo", [_folder["store/points/b"]]))
        {
            await mkfifo.WaitForExitAsync(cancellationToken);
        }

        Assert.That(await NamesAsync(store, "points/"), Is.EqualTo(["points/a"]));
        Assert.That(await store.GetLengthAsync("points/b", default), Is.Null);
        await AssertRefusedAsync(store, "points/b");
        Assert.That(await store.PutIfAbsentAsync("points/b", new byte[1], default), Is.False);
        await store.DeleteAsync("points/b", default);
        Assert.That(await store.PutIfAbsentAsync("points/b", new byte[1], default), Is.True);
    }

    [TestCase("/nowhere/at/all")]
    [TestCase("b")]
    public async Task A_broken_link_is_damage_and_not_absent(string target)
    {
        var store = await MakeAsync();
        File.CreateSymbolicLink(_folder["store/points/b"], target);
        Assert.That(await NamesAsync(store, "points/"), Is.EqualTo(["points/a", "points/b"]));
        Assert.That(await OutcomeAsync(async () => await store.GetLengthAsync("points/b", default)), Is.EqualTo(RepositoryErrorCodes.Damaged));
        await AssertRefusedAsync(store, "points/b");
        await store.DeleteAsync("points/b", default);
        Assert.That(await NamesAsync(store, "points/"), Is.EqualTo(["points/a"]));
    }

    [Test]
    public async Task A_link_to_a_file_is_an_object()
    {
        var store = await MakeAsync();
        File.WriteAllBytes(_folder["elsewhere"], new byte[5]);
        File.CreateSymbolicLink(_folder["store/points/b"], _folder["elsewhere"]);
        Assert.That(await store.GetLengthAsync("points/b", default), Is.EqualTo(5));
        Assert.That(await store.TryReadAllAsync("points/b", default), Has.Length.EqualTo(5));
        Assert.That(await NamesAsync(store, "points/"), Is.EqualTo(["points/a", "points/b"]));
    }

    [Test]
    public async Task A_folder_is_no_object()
    {
        var store = await MakeAsync();
        Directory.CreateDirectory(_folder["store/points/b"]);
        Assert.That(await NamesAsync(store, "points/"), Is.EqualTo(["points/a"]));
        Assert.That(await store.GetLengthAsync("points/b", default), Is.Null);
        await AssertRefusedAsync(store, "points/b");
    }

    [Test]
    public async Task A_file_too_large_to_map_is_damage_that_names_it()
    {
        var store = await MakeAsync();
        using (var file = File.OpenHandle(_folder["store/points/b"], FileMode.CreateNew, FileAccess.Write))
        {
            RandomAccess.SetLength(file, 3L << 30);
        }

        Assert.That(async () => await store.MapAsync("points/b", default), Throws.InstanceOf<RepositoryException>()
            .With.Property("Code").EqualTo(RepositoryErrorCodes.Damaged).And.Property("Object").EqualTo("points/b"));
    }

    [Test]
    public async Task An_abandoned_writer_does_not_hide_why_it_was_abandoned()
    {
        var store = await MakeAsync();
        var writer = await store.CreateAsync("points/b", default);
        await writer.WriteAsync(new byte[1 << 20], default);
        Directory.Move(_folder["store"], _folder["gone"]);
        Assert.That(async () => await writer.DisposeAsync(), Throws.Nothing);
    }

    [TestCase("index/" + Name)]
    [TestCase("points/" + Name)]
    [CancelAfter(60_000)]
    public async Task A_broken_link_in_a_repository_is_reported_and_refuses_a_prune(string name, CancellationToken cancellationToken)
    {
        var store = new LocalObjectStore(_folder["store"]);
        var content = TestRepository.Content(1, 20_000);
        await using var repository = await TestRepository.CreateAsync(store);
        var (point, _) = await TestRepository.WriteAsync(repository, content, cancellationToken: cancellationToken);
        File.CreateSymbolicLink(_folder["store/" + name], "/nowhere/at/all");
        Assert.That(async () => await repository.PruneAsync(new PruneOptions { Grace = TimeSpan.Zero }, null, cancellationToken),
            Throws.InstanceOf<RepositoryException>().With.Message.Contains(name));
        Assert.That(await TestRepository.ReadAsync(repository, point), Is.EqualTo(content));
    }

    static async Task<List<string>> OutcomesAsync(LocalObjectStore store) =>
    [
        await OutcomeAsync(async () => await NamesAsync(store, "")),
        await OutcomeAsync(async () => await NamesAsync(store, "points/")),
        await OutcomeAsync(async () => await store.GetLengthAsync("points/a", default)),
        await OutcomeAsync(async () => await store.GetLengthAsync("points/none", default)),
        await OutcomeAsync(async () => await store.TryReadAllAsync("points/none", default)),
        await OutcomeAsync(async () => await store.ReadAsync("points/a", 0, new byte[1], default)),
        await OutcomeAsync(async () => await store.DeleteAsync("points/none", default)),
        await OutcomeAsync(async () => await store.PutAsync("points/a", new byte[3], default)),
    ];

    static async Task<string> OutcomeAsync(Func<Task> call)
    {
        try
        {
            await call();
            return "done";
        }
        catch (RepositoryException error)
        {
            return error.Code;
        }
    }

    static async Task AssertRefusedAsync(LocalObjectStore store, string name)
    {
        Assert.That(await OutcomeAsync(async () => await store.ReadAsync(name, 0, new byte[1], default)), Is.EqualTo(RepositoryErrorCodes.Damaged));
        Assert.That(await OutcomeAsync(async () => await store.TryReadAllAsync(name, default)), Is.EqualTo(RepositoryErrorCodes.Damaged));
    }

    static async Task<List<string>> NamesAsync(LocalObjectStore store, string prefix)
    {
        var names = new List<string>();
        await foreach (var info in store.ListAsync(prefix, default))
        {
            names.Add(info.Name);
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    async Task<LocalObjectStore> MakeAsync()
    {
        var store = new LocalObjectStore(_folder["store"]);
        await store.PutAsync("points/a", new byte[3], default);
        return store;
    }
}
