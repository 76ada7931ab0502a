namespace VmProxy.Engine.Capacity;

/// <summary>Free space of every datastore, as vCenter reports it after a refresh.</summary>
/// <param name="Taken">When it was read, UTC.</param>
/// <param name="Datastores">One row a datastore, fullest first.</param>
public sealed record CapacityReport(DateTimeOffset Taken, IReadOnlyList<DatastoreCapacity> Datastores);

/// <summary>How full one datastore is.</summary>
public sealed record DatastoreCapacity
{
    /// <summary>The vCenter's name in the configuration.</summary>
    public required string Vcenter { get; init; }

    /// <summary>The datastore's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its type, such as VMFS or NFS.</summary>
    public required string Type { get; init; }

    /// <summary>Size in bytes.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Free bytes.</summary>
    public required long FreeBytes { get; init; }

    /// <summary>Used bytes.</summary>
    public long UsedBytes => CapacityBytes - FreeBytes;

    /// <summary>Free share of the capacity, 0 to 100.</summary>
    public double FreePercent => CapacityBytes == 0 ? 0 : Math.Round(100.0 * FreeBytes / CapacityBytes, 1);

    /// <summary>Bytes that thin disks and swap may still claim, where vCenter tells.</summary>
    public long? UncommittedBytes { get; init; }

    /// <summary>Used and uncommitted bytes together: more than the capacity means overcommitted.</summary>
    public long? ProvisionedBytes => UsedBytes + UncommittedBytes;

    /// <summary>Whether any host reaches it at present.</summary>
    public required bool Accessible { get; init; }

    /// <summary>VMs with files on it.</summary>
    public required int VirtualMachines { get; init; }

    /// <summary>Snapshots of these VMs.</summary>
    public required int Snapshots { get; init; }

    /// <summary>When the oldest of these snapshots was taken.</summary>
    public DateTimeOffset? OldestSnapshot { get; init; }

    /// <summary>Whether the free space is below the floor that the configuration asks for (VmProxy:Guard).</summary>
    public required bool BelowFloor { get; init; }
}
