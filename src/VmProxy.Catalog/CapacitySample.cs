namespace VmProxy.Catalog;

/// <summary>A datastore's identity and name.</summary>
/// <param name="VcenterUuid">The vCenter's instance UUID.</param>
/// <param name="MoRef">The datastore's managed object reference.</param>
/// <param name="Name">Its present name.</param>
/// <param name="Type">"VMFS", "NFS", "vsan" and so on, as vCenter says it.</param>
public sealed record DatastoreRecord(string VcenterUuid, string MoRef, string Name, string Type);

/// <summary>How full a datastore was at one moment. Sizes are bytes; null means not measured.</summary>
public sealed record CapacitySample
{
    /// <summary>When it was measured.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>Size of the datastore.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Free space.</summary>
    public required long FreeBytes { get; init; }

    /// <summary>What thin disks and the like may still grow by.</summary>
    public long? UncommittedBytes { get; init; }

    /// <summary>What all disks were promised.</summary>
    public long? ProvisionedBytes { get; init; }

    /// <summary>What snapshots hold.</summary>
    public long? SnapshotBytes { get; init; }

    /// <summary>How many snapshots there are.</summary>
    public int? SnapshotCount { get; init; }

    /// <summary>When the oldest of them was made.</summary>
    public DateTimeOffset? OldestSnapshotAt { get; init; }

    /// <summary>What swap files hold.</summary>
    public long? SwapBytes { get; init; }

    /// <summary>How many VMs lie on it.</summary>
    public int? VmCount { get; init; }
}
