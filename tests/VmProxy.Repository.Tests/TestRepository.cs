using VmProxy.Blocks;

namespace VmProxy.Repository.Tests;

/// <summary>Short ways to write and read points in tests.</summary>
static class TestRepository
{
    public const string Passphrase = "correct horse battery staple";
    public const int DiskKey = 2000;

    public static RepositoryOptions Options { get; } = new() { DefaultChunkSize = 512, PassphraseCost = new PassphraseCost(64, 1, 1) };

    /// <summary>Small packs, frames and segments, so that little data makes many of each.</summary>
    public static Tuning Small { get; } = new()
    {
        PackBytes = 16 << 10, FrameBytes = 4096, MetadataFrameBytes = 2048, SegmentEntries = 96, PendingReferences = 300, FrameCacheBytes = 64 << 10, CachedPages = 4,
    };

    public static Task<BackupRepository> CreateAsync(IObjectStore store, string? passphrase = Passphrase, Tuning? tuning = null) =>
        RepositoryOpening.InitializeAsync(store, passphrase, Options, TimeProvider.System, tuning ?? Small, default);

    public static Task<BackupRepository> OpenAsync(IObjectStore store, string? passphrase = Passphrase, Tuning? tuning = null) =>
        RepositoryOpening.OpenAsync(store, passphrase, TimeProvider.System, tuning ?? Small, default);

    public static RestorePoint Manifest(DiskMap map, string name = "web01") => new()
    {
        Vm = new PointVm { VcenterUuid = "vc", InstanceUuid = "vm-" + name, Name = name, MoRef = "vm-42" },
        Disks = [new PointDisk { Key = DiskKey, Label = "Hard disk 1", CapacityBytes = map.Length, Map = map }],
    };

    /// <summary>A point with one disk, of which the areas are stored in calls of at most <paramref name="step"/> bytes.</summary>
    public static async Task<(RestorePoint Point, WriteCounters Counters)> WriteAsync(
        BackupRepository repository, byte[] disk, DiskMap? baseMap = null, IEnumerable<(long Offset, long Length)>? areas = null,
        int step = 8192, int chunkSize = 512, CancellationToken cancellationToken = default)
    {
        await using var session = await repository.BeginSessionAsync(cancellationToken);
        using var writer = session.OpenDiskWriter(new DiskWriterOptions { Length = disk.Length, ChunkSize = chunkSize, Base = baseMap });
        foreach (var (offset, length) in areas ?? [(0, disk.Length)])
        {
            for (var position = offset; position < offset + length; position += step)
            {
                var part = (int)Math.Min(step, offset + length - position);
                await writer.StoreAsync(position, disk.AsMemory((int)position, part), cancellationToken);
            }
        }

        var point = await session.CommitAsync(Manifest(await writer.CompleteAsync(cancellationToken)), cancellationToken);
        return (point, session.Counters);
    }

    public static async Task<byte[]> ReadAsync(BackupRepository repository, RestorePoint point, int step = 3000)
    {
        await using var device = await repository.OpenDiskAsync(point, DiskKey, default);
        return await ReadAsync(device, step);
    }

    public static async Task<byte[]> ReadAsync(IBlockDevice device, int step = 3000)
    {
        var content = new byte[device.Length];
        for (var position = 0; position < content.Length; position += step)
        {
            await device.ReadAsync(position, content.AsMemory(position, Math.Min(step, content.Length - position)), default);
        }

        return content;
    }

    /// <summary>Chunks that are zeros, repeated text or random bytes, by turns of the generator.</summary>
    public static byte[] Content(int seed, int length, int chunkSize = 512)
    {
        var random = new Random(seed);
        var content = new byte[length];
        for (var position = 0; position < length; position += chunkSize)
        {
            var chunk = content.AsSpan(position, Math.Min(chunkSize, length - position));
            switch (random.Next(4))
            {
                case 0:
                    break;
                case 1:
                    chunk.Fill((byte)random.Next(1, 5));
                    break;
                default:
                    random.NextBytes(chunk);
                    break;
            }
        }

        return content;
    }
}
