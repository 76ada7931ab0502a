namespace VmProxy.Repository.Tests;

/// <summary>A point is not written when a pack that it needs has gone, whoever wrote it.</summary>
public sealed class LostPackTests
{
    [Test]
    public async Task A_session_that_lost_a_pack_of_its_own_commits_nothing([Values("data/", "meta/")] string prefix, [Values(20_000, 2 << 20)] int length)
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store, null);
        await using var session = await repository.BeginSessionAsync(default);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = length, ChunkSize = 512 });
        await writer.StoreAsync(0, TestRepository.Content(1, length), default);
        var map = await writer.CompleteAsync(default);

        // The last index segment comes when all packs are written.
        string? lost = null;
        store.AfterOperation = (operation, _) =>
        {
            if (lost is null && operation.Kind == StoreOperationKind.Complete && operation.Name.StartsWith("index/", StringComparison.Ordinal))
            {
                lost = store.Names.FirstOrDefault(name => name.StartsWith(prefix, StringComparison.Ordinal));
            }

            if (lost is not null)
            {
                store.Tamper(lost, null);
            }

            return default;
        };
        Assert.That(async () => await session.CommitAsync(TestRepository.Manifest(map), default), Throws.InstanceOf<RepositoryException>()
            .With.Property("Code").EqualTo(RepositoryErrorCodes.SessionExpired));
        Assert.That(lost, Is.Not.Null);
        Assert.That(store.Names, Has.None.StartsWith("points/"));
    }
}
