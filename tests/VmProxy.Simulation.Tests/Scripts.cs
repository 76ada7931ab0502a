namespace VmProxy.Simulation.Tests;

/// <summary>What actors do. Each ends by itself; failures that the protocol allows for end it too, others break the world.</summary>
static class Scripts
{
    const int ChunkSize = 512;

    public static (string Kind, Func<Actor, Task> Script) Choose(Random random, bool hasKeys)
    {
        var seed = random.Next();
        var dice = random.Next(hasKeys ? 120 : 106);
        return dice switch
        {
            < 20 => ("full", actor => WriteAsync(actor, new Random(seed), isIncremental: false)),
            < 48 => ("incremental", actor => WriteAsync(actor, new Random(seed), isIncremental: true)),
            < 64 => ("prune", actor => PruneAsync(actor, TimeSpan.Zero)),
            < 74 => ("prune 1h", actor => PruneAsync(actor, TimeSpan.FromHours(1))),
            < 88 => ("delete", actor => DeleteAsync(actor, new Random(seed))),
            < 91 => ("hold", actor => HoldAsync(actor, new Random(seed))),
            < 94 => ("release", actor => ReleaseAsync(actor, new Random(seed))),
            < 97 => ("read", actor => ReadAsync(actor, new Random(seed))),
            < 100 => ("compact", CompactAsync),
            < 102 => ("check", actor => CareScripts.CheckAsync(actor, readsData: false)),
            < 104 => ("check data", actor => CareScripts.CheckAsync(actor, readsData: true)),
            < 106 => ("rebuild", CareScripts.RebuildAsync),
            _ => ("keys", actor => CareScripts.ChangeKeysAsync(actor, new Random(seed))),
        };
    }

    static async Task WriteAsync(Actor actor, Random random, bool isIncremental)
    {
        var repository = actor.World.Open(actor);
        await GuardAsync(actor, async () =>
        {
            var promises = actor.World.Promises;
            var repeats = random.Next(1, 3);
            for (var i = 0; i < repeats; i++)
            {
                RestorePoint? below = null;
                if (isIncremental && await repository.ListPointsAsync(default) is { Count: > 0 } points)
                {
                    below = points[random.Next(points.Count)];
                }

                await using var session = await repository.BeginSessionAsync(default);
                var disk = below is null ? Promises.NewDisk(random) : (int[])promises.DiskOf(below).Clone();
                using var writer = session.OpenDiskWriter(new DiskWriterOptions
                {
                    Length = disk.Length * ChunkSize, ChunkSize = ChunkSize, Base = below?.Disks[0].Map, BasePoint = random.Next(4) == 0 ? null : below?.Id,
                });
                if (below is null)
                {
                    await StoreAsync(writer, disk, 0, disk.Length, random);
                }
                else
                {
                    for (var areas = random.Next(0, 4); areas > 0; areas--)
                    {
                        var fresh = Promises.NewDisk(random);
                        var first = random.Next(disk.Length);
                        var count = Math.Min(random.Next(1, 5), Math.Min(disk.Length - first, fresh.Length));
                        Array.Copy(fresh, 0, disk, first, count);
                        await StoreAsync(writer, disk, first, count, random);
                    }
                }

                var blobs = new List<BlobReference>();
                if (random.Next(4) == 0)
                {
                    var name = new string('x', random.Next(1, 30));
                    blobs.Add(await session.StoreBlobAsync(name, Promises.Blob(name), default));
                }

                var map = await writer.CompleteAsync(default);
                if (random.Next(8) > 0)
                {
                    var point = await session.CommitAsync(promises.Intend((actor.Number * 10) + i, disk, map, blobs), default);
                    promises.Commit(point.Id);
                }
            }
        }, RepositoryErrorCodes.SessionExpired, RepositoryErrorCodes.BaseGone, RepositoryErrorCodes.SessionFailed);
    }

    static async Task StoreAsync(DiskWriter writer, int[] disk, int first, int count, Random random)
    {
        for (var position = first; position < first + count;)
        {
            var part = Math.Min(random.Next(1, 6), first + count - position);
            await writer.StoreAsync(position * ChunkSize, Promises.Bytes(disk, position, part), default);
            position += part;
        }
    }

    static async Task PruneAsync(Actor actor, TimeSpan grace)
    {
        var repository = actor.World.Open(actor);
        await GuardAsync(
            actor, () => repository.PruneAsync(new PruneOptions { Grace = grace, SessionLimit = TimeSpan.FromHours(12) }, null, default),
            RepositoryErrorCodes.LeaseHeld, RepositoryErrorCodes.LeaseLost);
    }

    static async Task DeleteAsync(Actor actor, Random random)
    {
        var repository = actor.World.Open(actor);
        var promises = actor.World.Promises;
        await GuardAsync(actor, async () =>
        {
            for (var i = random.Next(1, 4); i > 0 && await repository.ListPointsAsync(default) is { Count: > 0 } points; i--)
            {
                var point = points[random.Next(points.Count)].Id;
                promises.BeginDelete(point);
                try
                {
                    await repository.DeletePointAsync(point, default);
                    Expect(actor, promises.EndDelete(point));
                }
                catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.PointHeld)
                {
                    promises.RefuseDelete(point);
                }
            }
        }, RepositoryErrorCodes.PointNotFound);
    }

    static async Task HoldAsync(Actor actor, Random random)
    {
        var repository = actor.World.Open(actor);
        await GuardAsync(actor, async () =>
        {
            if (await repository.ListPointsAsync(default) is { Count: > 0 } points)
            {
                var point = points[random.Next(points.Count)].Id;
                var releases = actor.World.Promises.Releases(point);
                await repository.HoldPointAsync(point, "simulation", default);
                if (actor.World.Promises.Releases(point) == releases)
                {
                    Expect(actor, actor.World.Promises.Hold(point));
                }
            }
        }, RepositoryErrorCodes.PointNotFound);
    }

    static async Task ReleaseAsync(Actor actor, Random random)
    {
        var repository = actor.World.Open(actor);
        await GuardAsync(actor, async () =>
        {
            if (await repository.ListHoldsAsync(default) is { Count: > 0 } holds)
            {
                var point = holds[random.Next(holds.Count)].Point;
                actor.World.Promises.BeginRelease(point);
                await repository.ReleasePointAsync(point, default);
            }
        }, RepositoryErrorCodes.PointNotFound);
    }

    static async Task ReadAsync(Actor actor, Random random)
    {
        var repository = actor.World.Open(actor);
        var promises = actor.World.Promises;
        await GuardAsync(actor, async () =>
        {
            for (var i = random.Next(1, 4); i > 0 && await repository.ListPointsAsync(default) is { Count: > 0 } points; i--)
            {
                var point = points[random.Next(points.Count)];
                var problem = await promises.TryRestoreAsync(repository, point);
                Expect(actor, promises.MayBeDeleted(point.Id) ? null : problem);
            }
        });
    }

    public static async Task CompactAsync(Actor actor)
    {
        var repository = actor.World.Open(actor);
        await GuardAsync(actor, () => repository.CompactIndexAsync(default));
    }

    public static void Expect(Actor actor, string? problem)
    {
        if (problem is not null)
        {
            throw actor.World.Broken($"{actor}: {problem}");
        }
    }

    public static async Task GuardAsync(Actor actor, Func<Task> work, params string[] allowed)
    {
        try
        {
            await work();
            actor.World.Count($"{actor.Kind} done");
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.StoreFailed || allowed.Contains(error.Code))
        {
            actor.World.Count($"{actor.Kind} {error.Code}");
        }
    }
}
