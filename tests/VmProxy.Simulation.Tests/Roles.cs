namespace VmProxy.Simulation.Tests;

/// <summary>What the actors of small worlds do: always the same, and no failure is allowed that the protocol does not promise to avoid.</summary>
static class Roles
{
    const int ChunkSize = 512;
    static readonly TimeSpan Silence = TimeSpan.FromDays(2);

    public static Task WriteAsync(Actor actor, int[] disk, params string[] allowed) => Scripts.GuardAsync(actor, async () =>
    {
        await using var session = await actor.World.Open(actor).BeginSessionAsync(default);
        await StoreAsync(actor, session, disk);
    }, allowed);

    /// <summary>Changes one chunk of the newest point.</summary>
    public static Task IncrementalAsync(Actor actor, params string[] allowed) => Scripts.GuardAsync(actor, async () =>
    {
        var promises = actor.World.Promises;
        var repository = actor.World.Open(actor);
        if (await repository.ListPointsAsync(default) is not [.., var below])
        {
            return;
        }

        await using var session = await repository.BeginSessionAsync(default);
        var disk = (int[])promises.DiskOf(below).Clone();
        disk[0] = 39;
        using var writer = session.OpenDiskWriter(new DiskWriterOptions
        {
            Length = disk.Length * ChunkSize, ChunkSize = ChunkSize, Base = below.Disks[0].Map, BasePoint = below.Id,
        });
        try
        {
            await writer.StoreAsync(0, Promises.Bytes(disk, 0, 1), default);
            var point = await session.CommitAsync(promises.Intend(promises.NextActor() * 10, disk, await writer.CompleteAsync(default), []), default);
            promises.Commit(point.Id);
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.BaseGone && (promises.MayBeDeleted(below.Id) || !promises.IsCommitted(below.Id)))
        {
            // It was deleted, or came too late.
        }
    }, allowed);

    /// <summary>Deletes the oldest point.</summary>
    public static Task DeleteAsync(Actor actor) => Scripts.GuardAsync(actor, async () =>
    {
        var repository = actor.World.Open(actor);
        if (await repository.ListPointsAsync(default) is not [var point, ..])
        {
            return;
        }

        var promises = actor.World.Promises;
        promises.BeginDelete(point.Id);
        try
        {
            await repository.DeletePointAsync(point.Id, default);
            Scripts.Expect(actor, promises.EndDelete(point.Id));
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.PointHeld)
        {
            promises.RefuseDelete(point.Id);
        }
    });

    public static Task HoldAsync(Actor actor) => Scripts.GuardAsync(actor, async () =>
    {
        var repository = actor.World.Open(actor);
        if (await repository.ListPointsAsync(default) is [var point, ..])
        {
            await repository.HoldPointAsync(point.Id, "simulation", default);
            Scripts.Expect(actor, actor.World.Promises.Hold(point.Id));
        }
    }, RepositoryErrorCodes.PointNotFound);

    public static Task PruneAsync(Actor actor) => PruneAsync(actor, TimeSpan.Zero);

    /// <summary>Prunes when all who have begun were silent for too long.</summary>
    public static Task PruneLateAsync(Actor actor)
    {
        actor.World.Pass(Silence);
        return PruneAsync(actor);
    }

    /// <summary>A point that lies in packs of a list that waits for nobody: it was written by a session that had begun before the list was there.</summary>
    public static async Task CommitIntoCondemnedPacksAsync(Actor actor, int[] disk)
    {
        await LeaveGarbageAsync(actor, disk, RepositoryErrorCodes.SessionExpired);
        await Scripts.GuardAsync(actor, async () =>
        {
            await using var session = await actor.World.Open(actor).BeginSessionAsync(default);
            await PruneAsync(actor);
            await StoreAsync(actor, session, disk);
        }, RepositoryErrorCodes.SessionExpired);
    }

    /// <summary>Two points that share little; the older one, of which little is left, is in the trash.</summary>
    public static async Task LeaveLittleAsync(Actor actor)
    {
        await WriteAsync(actor, [.. Enumerable.Range(1, 7)]);
        await WriteAsync(actor, [1, 30]);
        await DeleteAsync(actor);
    }

    /// <summary>Packs that the index knows and no point uses.</summary>
    public static async Task LeaveGarbageAsync(Actor actor, int[] disk, params string[] allowed)
    {
        await WriteAsync(actor, disk, allowed);
        await DeleteAsync(actor);
        await PruneAsync(actor, TimeSpan.FromHours(1)); // takes the point away; the packs are too young
    }

    /// <summary>What is garbage goes, comes again, becomes garbage again, and is condemned while a writer comes to use it.</summary>
    public static async Task WriteAgainAsync(Actor actor, int[] disk)
    {
        await PruneAsync(actor);
        await CommitIntoCondemnedPacksAsync(actor, disk);
    }

    static Task PruneAsync(Actor actor, TimeSpan grace) => Scripts.GuardAsync(
        actor, () => actor.World.Open(actor).PruneAsync(new PruneOptions { Grace = grace }, null, default), RepositoryErrorCodes.LeaseHeld);

    static async Task StoreAsync(Actor actor, WriteSession session, int[] disk)
    {
        var promises = actor.World.Promises;
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = disk.Length * ChunkSize, ChunkSize = ChunkSize });
        await writer.StoreAsync(0, Promises.Bytes(disk, 0, disk.Length), default);
        promises.Commit((await session.CommitAsync(promises.Intend(promises.NextActor() * 10, disk, await writer.CompleteAsync(default), []), default)).Id);
    }
}
