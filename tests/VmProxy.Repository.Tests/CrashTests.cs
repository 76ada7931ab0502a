namespace VmProxy.Repository.Tests;

/// <summary>Every operation on the store fails in its turn; whatever was committed before stays, and nothing half committed shows.</summary>
public sealed class CrashTests
{
    const int DiskLength = 96 * 1024;

    [Test]
    public async Task A_failure_of_any_operation_leaves_earlier_points_intact([Values] bool isFull)
    {
        var code = isFull ? RepositoryErrorCodes.NoSpace : RepositoryErrorCodes.StoreFailed;
        var failed = 0;
        for (var turn = 0; ; turn++)
        {
            var store = new MemoryObjectStore(TimeProvider.System);
            await using var repository = await TestRepository.CreateAsync(store);
            var before = TestRepository.Content(1, DiskLength);
            var (first, _) = await TestRepository.WriteAsync(repository, before);
            var after = (byte[])before.Clone();
            new Random(2).NextBytes(after.AsSpan(4096, 40_000));

            var error = await FailAtAsync(store, turn, code, () =>
                TestRepository.WriteAsync(repository, after, first.Disks[0].Map, [(4096, 40_448)]));

            // Once the point is written it exists, also when the writer failed to learn whether its session had been closed.
            var isWritten = store.Names.Count(name => name.StartsWith("points/", StringComparison.Ordinal)) == 2;
            Assert.That(isWritten || error is not null, Is.True);
            await ExpectPointsAsync(store, isWritten ? [before, after] : [before]);
            if (error is null)
            {
                break;
            }

            failed++;
            Assert.That(error.Code, Is.EqualTo(code).Or.EqualTo(RepositoryErrorCodes.SessionFailed));

            // After the trouble is over, the next run succeeds, in the same process and beside the garbage.
            await TestRepository.WriteAsync(repository, after, first.Disks[0].Map, [(4096, 40_448)]);
            await ExpectPointsAsync(store, isWritten ? [before, after, after] : [before, after]);
        }

        Assert.That(failed, Is.GreaterThan(30), "packs, metadata, index and point each take several operations");
    }

    [Test]
    public async Task A_failure_while_a_repository_is_made_leaves_a_place_where_it_can_be_made()
    {
        for (var turn = 0; ; turn++)
        {
            var store = new MemoryObjectStore(TimeProvider.System);
            var error = await FailAtAsync(store, turn, RepositoryErrorCodes.StoreFailed, async () =>
            {
                await using var made = await TestRepository.CreateAsync(store);
            });
            if (error is null)
            {
                Assert.That(turn, Is.GreaterThan(5));
                return;
            }

            await using (await TestRepository.CreateAsync(store))
            {
            }

            await using var opened = await TestRepository.OpenAsync(store);
            Assert.That(await opened.ListPointsAsync(default), Is.Empty);
        }
    }

    [Test]
    public async Task A_session_given_up_leaves_no_file_in_the_making()
    {
        using var folder = new VmProxy.Testing.TempFolder();
        await using var repository = await TestRepository.CreateAsync(new LocalObjectStore(folder["store"]));
        var content = TestRepository.Content(3, 256 * 1024);
        await using (var session = await repository.BeginSessionAsync(default))
        {
            using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = content.Length });
            await writer.StoreAsync(0, content, default);
            Assert.That(Directory.GetFiles(folder["store/tmp"]), Is.Not.Empty);
        }

        Assert.That(Directory.GetFiles(folder["store/tmp"]), Is.Empty);
        var (point, _) = await TestRepository.WriteAsync(repository, content);
        Assert.That((await TestRepository.ReadAsync(repository, point)).AsSpan().SequenceEqual(content), Is.True);
        Assert.That(Directory.GetFiles(folder["store/tmp"]), Is.Empty);
    }

    [Test]
    public async Task A_session_without_commit_and_a_cancelled_one_leave_no_point()
    {
        var store = new MemoryObjectStore(TimeProvider.System);
        await using var repository = await TestRepository.CreateAsync(store);
        await using (var session = await repository.BeginSessionAsync(default))
        {
            using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = DiskLength });
            await writer.StoreAsync(0, TestRepository.Content(1, DiskLength), default);
            await writer.CompleteAsync(default);
        }

        using var cancelled = new CancellationTokenSource();
        store.BeforeOperation = (operation, _) =>
        {
            if (operation.Kind == StoreOperationKind.Write)
            {
                cancelled.Cancel();
            }

            return ValueTask.CompletedTask;
        };
        await using (var session = await repository.BeginSessionAsync(default))
        {
            using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = DiskLength });
            Assert.That(async () =>
            {
                await writer.StoreAsync(0, TestRepository.Content(7, DiskLength), cancelled.Token);
                await writer.CompleteAsync(cancelled.Token);
            }, Throws.InstanceOf<OperationCanceledException>());
            Assert.That(async () => await session.CommitAsync(TestRepository.Manifest(
                new DiskMap { Length = DiskLength, ChunkSize = 512, Levels = 1 }), default), Throws.InstanceOf<RepositoryException>()
                .With.Property("Code").EqualTo(RepositoryErrorCodes.SessionFailed));
        }

        store.BeforeOperation = null;
        Assert.That(await repository.ListPointsAsync(default), Is.Empty);
    }

    static async Task<RepositoryException?> FailAtAsync(MemoryObjectStore store, int turn, string code, Func<Task> work)
    {
        var left = turn;
        store.BeforeOperation = (operation, _) => Interlocked.Decrement(ref left) < 0
            ? throw new RepositoryException(code, operation.Name, $"injected: {operation}")
            : ValueTask.CompletedTask;
        try
        {
            await work();
            return null;
        }
        catch (RepositoryException error)
        {
            return error;
        }
        finally
        {
            store.BeforeOperation = null;
        }
    }

    static async Task ExpectPointsAsync(MemoryObjectStore store, byte[][] contents)
    {
        await using var repository = await TestRepository.OpenAsync(store);
        var points = await repository.ListPointsAsync(default);
        Assert.That(points.Damaged, Is.Empty);
        Assert.That(points, Has.Count.EqualTo(contents.Length));
        var found = new List<byte[]>();
        foreach (var point in points)
        {
            Assert.That((await repository.VerifyDiskAsync(point, TestRepository.DiskKey, null, default)).IsIntact, Is.True);
            found.Add(await TestRepository.ReadAsync(repository, point));
        }

        foreach (var content in contents)
        {
            Assert.That(found.Any(bytes => bytes.AsSpan().SequenceEqual(content)), Is.True);
        }
    }
}
