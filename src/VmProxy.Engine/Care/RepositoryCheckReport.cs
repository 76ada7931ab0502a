using VmProxy.Engine.Backup;
using VmProxy.Engine.Sessions;
using VmProxy.Repository;

namespace VmProxy.Engine.Care;

/// <summary>How much a check reads. The structure is always checked whole: every object but the content of packs.</summary>
/// <param name="ReadData">Reads every byte of the packs, those first that were not read for the longest time.</param>
/// <param name="ReadDataSubset">Reads this part of the packs, in percent above 0 to 100; null sets no such limit.</param>
/// <param name="TimeBudget">Begins no further pack once this time has passed; null sets no such limit.</param>
public sealed record CheckRequest(bool ReadData = false, double? ReadDataSubset = null, TimeSpan? TimeBudget = null);

/// <summary>What <c>repo check</c> did and found.</summary>
public sealed record RepositoryCheckReport
{
    /// <summary>The repository's name in the configuration.</summary>
    public required string Name { get; init; }

    /// <summary>Its identity.</summary>
    public required string Id { get; init; }

    /// <summary>Where it lies.</summary>
    public required string Location { get; init; }

    /// <summary>Done: clean. Failed: a restore point, or the way to the keys, is hit. Warning: damage that costs no point anything.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>Restore points whose maps were walked.</summary>
    public required int Points { get; init; }

    /// <summary>Objects of the repository.</summary>
    public required long Objects { get; init; }

    /// <summary>Packs among them.</summary>
    public required long Packs { get; init; }

    /// <summary>Packs of which every byte was read in this check.</summary>
    public required long PacksRead { get; init; }

    /// <summary>Bytes of these packs.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>Packs that no check ever read whole.</summary>
    public required long PacksNeverRead { get; init; }

    /// <summary>When the pack was read whole whose last reading is the longest ago; null when some were never read, or there is none.</summary>
    public DateTimeOffset? OldestRead { get; init; }

    /// <summary>Packs that no index segment names: of backups that are at work or were given up.</summary>
    public required long UnusedPacks { get; init; }

    /// <summary>Objects that are not of this format. They are let alone.</summary>
    public required long ForeignObjects { get; init; }

    /// <summary>Why the results could not be kept in the repository; null when they were.</summary>
    public string? NotKept { get; init; }

    /// <summary>The damage, ordered by object and offset.</summary>
    public required IReadOnlyList<CheckedDamage> Findings { get; init; }

    internal static RepositoryCheckReport Of(OpenedRepository opened, CheckReport check) => new()
    {
        Name = opened.Settings.Name,
        Id = opened.Repository.Id,
        Location = opened.Settings.Path,
        Outcome = check.IsClean ? Outcome.Done : check.LosesData ? Outcome.Failed : Outcome.Warning,
        Points = check.Points,
        Objects = check.Objects,
        Packs = check.Packs,
        PacksRead = check.PacksRead,
        ReadBytes = check.BytesRead,
        PacksNeverRead = check.PacksNeverRead,
        OldestRead = check.OldestRead,
        UnusedPacks = check.UnusedPacks,
        ForeignObjects = check.ForeignObjects,
        NotKept = check.NotKept,
        Findings = [.. check.Findings.Select(finding => new CheckedDamage(
            finding.Code, finding.Object, finding.Offset, finding.Length, finding.Message, finding.LosesData, [.. finding.Uses.Select(Lost)]))],
    };

    static LostRanges Lost(DamagedUse use) =>
        new(use.Point, use.VirtualMachine, use.Disk, use.DiskKey, [.. use.Ranges.Select(range => new LostRange(range.Offset, range.Length))]);
}

/// <summary>A damaged part of an object of the repository.</summary>
/// <param name="Code">Stable code of the kind of damage.</param>
/// <param name="Object">The object's name.</param>
/// <param name="Offset">First byte of the part.</param>
/// <param name="Length">Bytes of the part; 0 when the object is missing.</param>
/// <param name="Message">What is wrong with it.</param>
/// <param name="LosesData">Whether a restore point, or the way to the keys, is hit.</param>
/// <param name="Uses">What of which points is hit.</param>
public sealed record CheckedDamage(string Code, string Object, long Offset, long Length, string Message, bool LosesData, IReadOnlyList<LostRanges> Uses);

/// <summary>What damage costs one disk, or one file, of one point.</summary>
/// <param name="Point">The point's id.</param>
/// <param name="VirtualMachine">The VM's name at the time.</param>
/// <param name="Disk">The disk's label, or the name of a configuration file.</param>
/// <param name="DiskKey">The disk's device key; null for a file.</param>
/// <param name="Ranges">The bytes that cannot be restored, ascending.</param>
public sealed record LostRanges(string Point, string VirtualMachine, string Disk, int? DiskKey, IReadOnlyList<LostRange> Ranges);

/// <summary>A range of a disk or file, in bytes.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
public sealed record LostRange(long Offset, long Length);
