namespace VmProxy.Catalog;

/// <summary>A restore point as the catalog lists it. The repository's own record is the authority; this one can be rebuilt from it.</summary>
public sealed record PointRecord
{
    /// <summary>The repository that holds it.</summary>
    public required string RepositoryId { get; init; }

    /// <summary>The point's id: short, sorts by time, never changes.</summary>
    public required string Id { get; init; }

    /// <summary>The moment that the point shows: when its snapshot was taken.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>The VM's identity.</summary>
    public required VmKey Vm { get; init; }

    /// <summary>The VM's name at that moment.</summary>
    public required string VmName { get; init; }

    /// <summary>The VM's managed object reference at that moment.</summary>
    public required string VmMoRef { get; init; }

    /// <summary>"full", "incremental" or "differential".</summary>
    public required string Level { get; init; }

    /// <summary>The job that made it; null for a run without a job.</summary>
    public string? Job { get; init; }

    /// <summary>The run that made it; null when unknown after a rebuild.</summary>
    public string? RunId { get; init; }

    /// <summary>Whether the guest was quiesced.</summary>
    public bool Quiesced { get; init; }

    /// <summary>How many warnings the point carries.</summary>
    public int WarningCount { get; init; }

    /// <summary>How many disks of the VM are not in it.</summary>
    public int ExcludedDisks { get; init; }

    /// <summary>Bytes that the backup added to the repository, metadata included; null when unknown after a rebuild.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>The disks in it.</summary>
    public required IReadOnlyList<PointDiskRecord> Disks { get; init; }

    /// <summary>Result of the last verification. Ignored on writing: <see cref="PointStore.MarkVerifiedAsync"/> sets it.</summary>
    public PointHealth Health { get; init; }

    /// <summary>"hash", "files" or "boot"; null before the first verification.</summary>
    public string? VerifiedLevel { get; init; }

    /// <summary>When it was last verified; null before the first time.</summary>
    public DateTimeOffset? VerifiedAt { get; init; }

    /// <summary>Sum of the disks' sizes in bytes.</summary>
    public long CapacityBytes => Disks.Sum(disk => disk.CapacityBytes);

    /// <summary>Sum of the disks' changed bytes.</summary>
    public long ChangedBytes => Disks.Sum(disk => disk.ChangedBytes);

    /// <summary>Sum of the bytes read from the source.</summary>
    public long ReadBytes => Disks.Sum(disk => disk.ReadBytes);
}

/// <summary>One disk of a restore point.</summary>
/// <param name="Key">The disk's device key in the VM.</param>
/// <param name="Label">Its label, such as "Hard disk 1".</param>
/// <param name="FileName">Its backing as vCenter names it, "[datastore] folder/file.vmdk".</param>
/// <param name="CapacityBytes">Its size.</param>
/// <param name="ChangeId">The change id of the snapshot's disk; null without changed block tracking.</param>
/// <param name="ChangedBytes">Bytes that had changed since the base, or all that were read of a full.</param>
/// <param name="ReadBytes">Bytes read from the source.</param>
/// <param name="Transport">How they were read: "san", "hotadd", "network".</param>
public sealed record PointDiskRecord(
    int Key, string Label, string FileName, long CapacityBytes, string? ChangeId, long ChangedBytes, long ReadBytes, string Transport);

/// <summary>What is known of a point's soundness.</summary>
public enum PointHealth
{
    /// <summary>Complete and durable, not verified since.</summary>
    Unverified,

    /// <summary>The last verification found it sound.</summary>
    Verified,

    /// <summary>The last verification found damage: it is no base for an incremental.</summary>
    Damaged,
}
