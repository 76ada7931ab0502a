using System.Globalization;

namespace VmProxy.Simulation.Tests;

/// <summary>What actors were promised, and the check that it is kept.</summary>
sealed class Promises
{
    const int ChunkSize = 512;
    const int Contents = 40;
    static readonly byte[][] Chunks = [.. Enumerable.Range(0, Contents).Select(MakeChunk)];

    readonly Dictionary<int, int[]> _disks = [];
    readonly HashSet<string> _committed = new(StringComparer.Ordinal);
    readonly Dictionary<string, int> _deletions = new(StringComparer.Ordinal);
    readonly HashSet<string> _deleted = new(StringComparer.Ordinal);
    readonly HashSet<string> _held = new(StringComparer.Ordinal);
    readonly Dictionary<string, int> _releases = new(StringComparer.Ordinal);
    int _actors;

    /// <summary>What was promised about keys.</summary>
    public KeyPromises Keys { get; } = new();

    public int NextActor() => _actors++;

    public int Committed => _committed.Count;

    /// <summary>True once somebody has begun to delete the point and was not refused.</summary>
    public bool MayBeDeleted(string point) => _deletions.GetValueOrDefault(point) > 0;

    public bool IsCommitted(string point) => _committed.Contains(point);

    /// <summary>A disk that a writer is about to store: the number of the content of each chunk; 0 is zeros.</summary>
    public static int[] NewDisk(Random random)
    {
        // Neighbouring numbers, as blocks of one file: whole frames recur.
        var disk = new int[random.Next(4, 20)];
        for (var i = 0; i < disk.Length;)
        {
            var first = random.Next(Contents);
            for (var run = random.Next(1, 7); run > 0 && i < disk.Length; run--, first++)
            {
                disk[i++] = first % Contents;
            }
        }

        return disk;
    }

    public static byte[] Bytes(int[] disk, int first, int count) => [.. disk.Skip(first).Take(count).SelectMany(chunk => Chunks[chunk])];

    /// <summary>The manifest of a point that is about to be committed. Its writer's number tells what must be on the disk.</summary>
    public RestorePoint Intend(int writer, int[] disk, DiskMap map, IReadOnlyList<BlobReference> blobs)
    {
        _disks[writer] = disk;
        return new RestorePoint
        {
            Vm = new PointVm { Name = "vm" },
            Disks = [new PointDisk { Key = 1, Map = map }],
            Blobs = blobs,
            Properties = new Dictionary<string, string> { ["writer"] = writer.ToString(CultureInfo.InvariantCulture) },
        };
    }

    public void Commit(string point) => _committed.Add(point);

    public void BeginDelete(string point) => _deletions[point] = _deletions.GetValueOrDefault(point) + 1;

    public void RefuseDelete(string point) => _deletions[point]--;

    public string? EndDelete(string point)
    {
        _deleted.Add(point);
        return _held.Contains(point) ? $"{point} was deleted though it is held" : null;
    }

    public string? Hold(string point)
    {
        _held.Add(point);
        return _deleted.Contains(point) ? $"{point} is held though it was deleted" : null;
    }

    /// <summary>How often somebody began to release the point: a hold that is on its way meanwhile promises nothing.</summary>
    public int Releases(string point) => _releases.GetValueOrDefault(point);

    public void BeginRelease(string point)
    {
        _held.Remove(point);
        _releases[point] = Releases(point) + 1;
    }

    public int[] DiskOf(RestorePoint point) => _disks[int.Parse(point.Properties["writer"], CultureInfo.InvariantCulture)];

    /// <summary>Null when all promises are kept.</summary>
    public async Task<string?> CheckAsync(BackupRepository repository, Random? sample)
    {
        var listed = await repository.ListPointsAsync(default).ConfigureAwait(false);
        if (listed.Damaged.Count > 0)
        {
            return $"damaged: {listed.Damaged[0]}";
        }

        var ids = listed.Select(point => point.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var point in _committed.Where(point => !ids.Contains(point) && (_held.Contains(point) || !MayBeDeleted(point))))
        {
            return $"the committed point {point} is not listed";
        }

        foreach (var point in listed.Where(_ => sample is null || sample.Next(3) == 0))
        {
            if (await TryRestoreAsync(repository, point).ConfigureAwait(false) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    /// <summary>In the end the index names no pack that does not exist: who finds one there writes in vain.</summary>
    public static async Task<string?> CheckIndexAsync(BackupRepository repository, MemoryObjectStore store)
    {
        await repository.Index.RefreshAsync(default);
        using var index = repository.Index.Acquire();
        return index.Segments.SelectMany(segment => segment.Packs).FirstOrDefault(pack => !store.Contains(pack.Header.ObjectName)) is { } missing
            ? $"the index names {missing.Header.ObjectName}, which does not exist"
            : null;
    }

    public async Task<string?> TryRestoreAsync(BackupRepository repository, RestorePoint point)
    {
        var disk = DiskOf(point);
        try
        {
            await using var device = await repository.OpenDiskAsync(point, 1, default).ConfigureAwait(false);
            var content = new byte[disk.Length * ChunkSize];
            await device.ReadAsync(0, content, default).ConfigureAwait(false);
            if (!content.AsSpan().SequenceEqual(Bytes(disk, 0, disk.Length)))
            {
                return $"{point.Id} has other bytes";
            }

            foreach (var blob in point.Blobs)
            {
                if (!(await repository.ReadBlobAsync(blob, default).ConfigureAwait(false)).AsSpan().SequenceEqual(Chunks[blob.Name.Length % Contents]))
                {
                    return $"{point.Id} has other bytes in a file";
                }
            }

            return null;
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged)
        {
            return $"{point.Id} cannot be restored: {error.Message}";
        }
    }

    public static byte[] Blob(string name) => Chunks[name.Length % Contents];

    static byte[] MakeChunk(int number)
    {
        var chunk = new byte[ChunkSize];
        if (number > 0)
        {
            new Random(number).NextBytes(chunk);
        }

        return chunk;
    }
}
