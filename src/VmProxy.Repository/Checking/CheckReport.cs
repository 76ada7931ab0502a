namespace VmProxy.Repository;

/// <summary>What a check did and found.</summary>
public sealed record CheckReport
{
    /// <summary>Restore points whose maps were walked.</summary>
    public int Points { get; init; }

    /// <summary>Map pages that were read; a page that several points share counts once.</summary>
    public long Pages { get; init; }

    /// <summary>Chunks of disks that the maps name, found in the index; those of shared pages count once.</summary>
    public long Chunks { get; init; }

    /// <summary>Objects of the repository.</summary>
    public long Objects { get; init; }

    /// <summary>Packs among them.</summary>
    public long Packs { get; init; }

    /// <summary>Packs of which every byte was read and proved in this check, or found damaged.</summary>
    public long PacksRead { get; init; }

    /// <summary>Bytes of these packs.</summary>
    public long BytesRead { get; init; }

    /// <summary>Packs that were never read whole by any check.</summary>
    public long PacksNeverRead { get; init; }

    /// <summary>When the pack was read whole whose last reading is the longest ago; null when some were never read, or there is none.</summary>
    public DateTimeOffset? OldestRead { get; init; }

    /// <summary>Packs that no index segment names: of sessions that are writing or were given up. A prune removes the latter.</summary>
    public long UnusedPacks { get; init; }

    /// <summary>Objects with names that are not of this format. They are let alone.</summary>
    public long ForeignObjects { get; init; }

    /// <summary>Why the results could not be kept in the repository, such as a full volume: the next check begins where this one did. Null when they were.</summary>
    public string? NotKept { get; init; }

    /// <summary>The damage, ordered by object and offset.</summary>
    public IReadOnlyList<CheckFinding> Findings { get; init; } = [];

    /// <summary>True when nothing is damaged, as far as the check read.</summary>
    public bool IsClean => Findings.Count == 0;

    /// <summary>True when a restore point, or the way to the keys, is hit.</summary>
    public bool LosesData => Findings.Any(finding => finding.LosesData);
}

/// <summary>A damaged part of an object.</summary>
/// <param name="Code">Stable code of the kind of damage, of <see cref="CheckCodes"/>.</param>
/// <param name="Object">The object's name.</param>
/// <param name="Offset">First byte of the part.</param>
/// <param name="Length">Bytes of the part; 0 when the object is missing.</param>
/// <param name="Message">What is wrong with it.</param>
/// <param name="LosesData">True when a restore point, or the way to the keys, is hit. False when everything that points need is stored elsewhere too.</param>
/// <param name="Uses">What of which points is hit.</param>
public sealed record CheckFinding(
    string Code, string Object, long Offset, long Length, string Message, bool LosesData, IReadOnlyList<DamagedUse> Uses);

/// <summary>What damage costs one disk, or one file, of one point.</summary>
/// <param name="Point">The point's id.</param>
/// <param name="VirtualMachine">The name of its virtual machine.</param>
/// <param name="Disk">The disk's label, or the name of a configuration file.</param>
/// <param name="DiskKey">The disk's device key; null for a file.</param>
/// <param name="Ranges">The bytes that cannot be restored, ascending.</param>
public sealed record DamagedUse(string Point, string VirtualMachine, string Disk, int? DiskKey, IReadOnlyList<DiskRange> Ranges);

/// <summary>A range of a disk or file.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct DiskRange(long Offset, long Length);

/// <summary>How far a check is.</summary>
/// <param name="Step">What it is doing: <c>structure</c>, <c>data</c> or <c>points</c>.</param>
/// <param name="Done">Bytes of packs, in step <c>points</c> points.</param>
/// <param name="Total">The same of all that the step will do.</param>
public readonly record struct CheckProgress(string Step, long Done, long Total);
