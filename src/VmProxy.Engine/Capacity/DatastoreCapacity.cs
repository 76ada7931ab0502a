namespace VmProxy.Engine.Capacity;

/// <summary>How full one datastore is, what fills it, and where that leads.</summary>
public sealed record DatastoreCapacity
{
    /// <summary>The vCenter's name in the configuration.</summary>
    public required string Vcenter { get; init; }

    /// <summary>The datastore's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its managed object reference.</summary>
    public required string Id { get; init; }

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

    /// <summary>How the free space stands against the thresholds.</summary>
    public required CapacityLevel Level { get; init; }

    /// <summary>When it will be full.</summary>
    public required FillForecast Forecast { get; init; }

    /// <summary>Bytes that thin disks and swap may still claim, where vCenter tells.</summary>
    public long? UncommittedBytes { get; init; }

    /// <summary>Used and uncommitted bytes together: more than the capacity means overcommitted.</summary>
    public long? ProvisionedBytes => UsedBytes + UncommittedBytes;

    /// <summary><see cref="ProvisionedBytes"/> in percent of the capacity; above 100 it is overcommitted.</summary>
    public double? ProvisionedPercent => CapacityBytes == 0 || ProvisionedBytes is not { } provisioned ? null : Math.Round(100.0 * provisioned / CapacityBytes, 1);

    /// <summary>Bytes of the VMs' swap files.</summary>
    public required long SwapBytes { get; init; }

    /// <summary>Whether any host reaches it at present.</summary>
    public required bool Accessible { get; init; }

    /// <summary>VMs with files on it.</summary>
    public required int VirtualMachines { get; init; }

    /// <summary>Snapshots of these VMs.</summary>
    public required int Snapshots { get; init; }

    /// <summary>Bytes that files of snapshots take here: deltas, memory and state.</summary>
    public required long SnapshotBytes { get; init; }

    /// <summary>When the oldest of these snapshots was taken.</summary>
    public DateTimeOffset? OldestSnapshot { get; init; }

    /// <summary>Whether the free space is below the floor that the configuration asks for (VmProxy:Guard).</summary>
    public required bool BelowFloor { get; init; }

    /// <summary>What takes the room.</summary>
    public DatastoreConsumers Consumers { get; init; } = new();

    /// <summary>The lowest free space of each day, oldest first, at most a year.</summary>
    public IReadOnlyList<DayOfCapacity> History { get; init; } = [];
}

/// <summary>The fullest moment of one day.</summary>
/// <param name="Day">The day, UTC.</param>
/// <param name="CapacityBytes">Size at that moment.</param>
/// <param name="FreeBytes">The least that was free on that day.</param>
public sealed record DayOfCapacity(DateOnly Day, long CapacityBytes, long FreeBytes);
