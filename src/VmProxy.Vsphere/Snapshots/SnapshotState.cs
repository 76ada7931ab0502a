namespace VmProxy.Vsphere;

/// <summary>What a snapshot holds, read at one moment.</summary>
public sealed record SnapshotState
{
    /// <summary>The VM.</summary>
    public required ObjectId Vm { get; init; }

    /// <summary>The snapshot.</summary>
    public required ObjectId Snapshot { get; init; }

    /// <summary>The host that ran the VM; null when none.</summary>
    public ObjectId? HostId { get; init; }

    /// <summary>Whether change tracking was on.</summary>
    public bool ChangeTrackingEnabled { get; init; }

    /// <summary>The snapshot's disks with their change ids and chains, by key.</summary>
    public IReadOnlyList<VirtualDisk> Disks { get; init; } = [];

    /// <summary>The snapshot's disk controllers.</summary>
    public IReadOnlyList<DiskController> Controllers { get; init; } = [];

    /// <summary>Devices of unknown type.</summary>
    public IReadOnlyList<UnknownDevice> UnknownDevices { get; init; } = [];

    /// <summary>The chains of the running VM, head first, by disk key.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<string>> RunningChains { get; init; } = new Dictionary<int, IReadOnlyList<string>>();

    /// <summary>All snapshots of the VM, ours too.</summary>
    public IReadOnlyList<SnapshotInfo> Snapshots { get; init; } = [];

    /// <summary>The VM's configuration as the server sent it, unknown elements and all.</summary>
    public required string ConfigXml { get; init; }

    /// <summary>The same as JSON: known fields typed, unknown ones as XML under <c>@unknown</c>.</summary>
    public required string ConfigJson { get; init; }

    /// <summary>What is to be remembered of a disk for the next backup.</summary>
    /// <param name="disk">One of <see cref="Disks"/>.</param>
    /// <param name="host">The host that runs the VM; null when not known.</param>
    public DiskTrack Track(VirtualDisk disk, Host? host)
    {
        ArgumentNullException.ThrowIfNull(disk);
        return new DiskTrack
        {
            ChangeId = disk.ChangeId,
            CapacityBytes = disk.CapacityBytes,
            DiskUuid = disk.Uuid,
            Chain = [.. disk.Chain],
            ParentSnapshot = Snapshots.FirstOrDefault(snapshot => snapshot.Id == Snapshot)?.Parent,
            Snapshots = [.. Snapshots.Select(snapshot => snapshot.Id).Where(id => id != Snapshot)],
            HostVersion = host?.Version,
            HostBuild = host?.Build,
        };
    }
}
