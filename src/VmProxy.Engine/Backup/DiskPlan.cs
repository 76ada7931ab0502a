using VmProxy.Engine.Configuration;
using VmProxy.Repository;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>What of a disk must be read.</summary>
/// <param name="Disk">The disk as the snapshot holds it.</param>
/// <param name="Level">Full, or what was asked for when changed areas can be believed.</param>
/// <param name="Reason">Stable code of why.</param>
/// <param name="Explanation">The same for people.</param>
/// <param name="Areas">What to read.</param>
/// <param name="Base">The disk in the earlier point, of which the rest is kept; null for a full.</param>
/// <param name="ChunkSize">Bytes of a chunk: the base's, so that its map can be continued.</param>
/// <param name="IsDowngrade">Whether a full is read though there was a base: a warning.</param>
sealed record DiskPlan(
    VirtualDisk Disk, BackupLevel Level, string Reason, string Explanation, IReadOnlyList<ByteRange> Areas, PointDisk? Base, int ChunkSize,
    bool IsDowngrade)
{
    /// <summary>The id of the point that <see cref="Base"/> belongs to; null for a full.</summary>
    public string? BasePoint { get; init; }

    /// <summary>What of the base is damaged in the repository: it is among the areas, and is stored anew.</summary>
    public IReadOnlyList<DiskRange> Damaged { get; init; } = [];

    /// <summary>What is to be remembered of the disk for the next backup.</summary>
    public required DiskTrack Track { get; init; }

    /// <summary>
    /// What the server named, as changed since the base or, without one, as allocated; null when everything is read and nothing rests on its word.
    /// </summary>
    public IReadOnlyList<ByteRange>? Answer { get; init; }

    /// <summary>Bytes outside the areas that a spot check has read.</summary>
    public long CheckedBytes { get; init; }

    /// <summary>The same disk, all of it, resting on nothing.</summary>
    /// <param name="reason">Stable code of why.</param>
    /// <param name="explanation">The same for people.</param>
    /// <param name="chunkSize">Bytes of a chunk.</param>
    public DiskPlan ReadWhole(string reason, string explanation, int chunkSize) => this with
    {
        Level = BackupLevel.Full,
        Reason = reason,
        Explanation = explanation,
        Areas = [new ByteRange(0, Disk.CapacityBytes)],
        Base = null,
        BasePoint = null,
        Damaged = [],
        Answer = null,
        ChunkSize = chunkSize,
        IsDowngrade = Base is not null,
    };
}
