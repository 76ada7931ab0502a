using System.Globalization;
using System.Security.Cryptography;

namespace VmProxy.Repository.Tests.Processes;

/// <summary>
/// What a process of its own does to a repository in a folder. It tells on standard output what it has done, one line each, before it goes on: what was told
/// counts, however it ends.
/// </summary>
static class Worker
{
    public const string Hash = "sha256";
    public const string Committed = "committed";
    public const string Deleting = "deleting";
    public const string Storing = "storing";
    public const string Committing = "committing";
    public const string Pruned = "pruned";

    const int ChunkSize = 512;
    static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(20);

    /// <summary>The entry point of this assembly as a program.</summary>
    public static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["write", var folder, var seed, var points]:
                await WriteAsync(folder, new Random(Number(seed)), Number(points));
                return 0;
            case ["prune", var folder]:
                await PruneAsync(folder);
                return 0;
            default:
                return 2;
        }
    }

    /// <summary>Writes points, fulls and incrementals on whatever is there, and deletes some of its own.</summary>
    static async Task WriteAsync(string folder, Random random, int count)
    {
        await using var repository = await TestRepository.OpenAsync(new LocalObjectStore(folder));
        var mine = new List<string>();
        while (count > 0)
        {
            if (mine.Count > 2)
            {
                var point = mine[random.Next(mine.Count)];
                mine.Remove(point);
                Tell(Deleting, point);
                await repository.DeletePointAsync(point, default);
            }

            if (await TryWritePointAsync(repository, random) is { } written)
            {
                Tell(Committed, written);
                mine.Add(written);
                count--;
            }
        }
    }

    /// <summary>Null when the point that it would have built on was deleted meanwhile.</summary>
    static async Task<string?> TryWritePointAsync(BackupRepository repository, Random random)
    {
        var points = await repository.ListPointsAsync(default);
        var below = points.Count > 0 && random.Next(3) > 0 ? points[random.Next(points.Count)] : null;
        try
        {
            await using var session = await repository.BeginSessionAsync(default);
            var disk = below is null ? TestRepository.Content(random.Next(20), 100 * ChunkSize) : await TestRepository.ReadAsync(repository, below);
            var map = below?.Disks[0].Map;
            using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = disk.Length, ChunkSize = ChunkSize, Base = map, BasePoint = below?.Id });
            var (first, length) = below is null ? (0, disk.Length) : (random.Next(90) * ChunkSize, 10 * ChunkSize);
            if (below is not null)
            {
                TestRepository.Content(random.Next(20), length).CopyTo(disk, first);
            }

            Tell(Storing, "-");
            await writer.StoreAsync(first, disk.AsMemory(first, length), default);
            var manifest = TestRepository.Manifest(await writer.CompleteAsync(default)) with
            {
                Properties = new Dictionary<string, string> { [Hash] = Convert.ToHexString(SHA256.HashData(disk)) },
            };
            Tell(Committing, "-");
            return (await session.CommitAsync(manifest, default)).Id;
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.BaseGone)
        {
            return null;
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged && below is not null)
        {
            // It read a point that went away. One that is still there must be readable.
            if ((await repository.ListPointsAsync(default)).Any(point => point.Id == below.Id))
            {
                throw;
            }

            return null;
        }
    }

    /// <summary>Prunes without grace again and again until standard input ends, and at least twice: the second one deletes what the first one has condemned.</summary>
    static async Task PruneAsync(string folder)
    {
        var end = Console.In.ReadToEndAsync();
        await using var repository = await TestRepository.OpenAsync(new LocalObjectStore(folder));
        for (var done = 0; done < 2 || !end.IsCompleted;)
        {
            try
            {
                var report = await repository.PruneAsync(new PruneOptions { Grace = TimeSpan.Zero }, null, default);
                Tell(Pruned, report.Deleted.Count.ToString(CultureInfo.InvariantCulture));
                done++;
            }
            catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.LeaseHeld)
            {
                await Task.Delay(Turn, TimeProvider.System); // the other one is at it
            }
        }
    }

    static void Tell(string what, string value)
    {
        Console.Out.WriteLine($"{what} {value}");
        Console.Out.Flush();
    }

    static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
