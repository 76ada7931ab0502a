namespace VmProxy.Vsphere;

/// <summary>A VM or template. Everything that comes from its configuration is absent while it is orphaned or inaccessible.</summary>
public sealed record VirtualMachine
{
    /// <summary>Identity.</summary>
    public required ObjectId Id { get; init; }

    /// <summary>Name in the inventory.</summary>
    public required string Name { get; init; }

    /// <summary>The uuid that vCenter keeps unique; null without a configuration.</summary>
    public string? InstanceUuid { get; init; }

    /// <summary>SMBIOS uuid; clones may share it. Null without a configuration.</summary>
    public string? BiosUuid { get; init; }

    /// <summary>Whether the server gave a configuration at all.</summary>
    public bool HasConfiguration { get; init; }

    /// <summary>Whether it is a template.</summary>
    public bool IsTemplate { get; init; }

    /// <summary><c>poweredOn</c>, <c>poweredOff</c> or <c>suspended</c>.</summary>
    public string PowerState { get; init; } = "";

    /// <summary><c>connected</c>, <c>disconnected</c>, <c>orphaned</c>, <c>inaccessible</c> or <c>invalid</c>.</summary>
    public string ConnectionState { get; init; } = "";

    /// <summary>The host that runs it; null when none.</summary>
    public ObjectId? HostId { get; init; }

    /// <summary>Datacenter; null when the user may not see it.</summary>
    public Datacenter? Datacenter { get; init; }

    /// <summary>Folders above it below the datacenter's VM folder, joined by <c>/</c>; empty at the top or in a vApp.</summary>
    public string FolderPath { get; init; } = "";

    /// <summary>Guest operating system id of the configuration; empty when unknown.</summary>
    public string GuestId { get; init; } = "";

    /// <summary>Whether changed block tracking is on. Read in one call with the disks.</summary>
    public bool ChangeTrackingEnabled { get; init; }

    /// <summary>Whether the VM can track changed blocks.</summary>
    public bool ChangeTrackingSupported { get; init; }

    /// <summary>Virtual hardware version as a number (<c>vmx-13</c> is 13); 0 when unknown.</summary>
    public int HardwareVersion { get; init; }

    /// <summary>The version of the configuration; a change made against an older one is refused by the server.</summary>
    public string? ChangeVersion { get; init; }

    /// <summary>Whether the guest's tools run.</summary>
    public bool ToolsRunning { get; init; }

    /// <summary>Whether the VM can make quiesced snapshots.</summary>
    public bool QuiesceSupported { get; init; }

    /// <summary>Whether the VM can make snapshots at all; true unless the server denies it.</summary>
    public bool SnapshotsSupported { get; init; } = true;

    /// <summary>Whether its disks or home are encrypted.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>The key of its home; null when that is not encrypted.</summary>
    public EncryptionKey? Encryption { get; init; }

    /// <summary>Whether it has a virtual TPM. Its state lies encrypted in the NVRAM.</summary>
    public bool HasVirtualTpm { get; init; }

    /// <summary>The guest's family as its running tools say, for example <c>windowsGuest</c>; empty when they do not.</summary>
    public string GuestFamily { get; init; } = "";

    /// <summary>Whether the guest is a Windows: by its running tools, and without them by <see cref="GuestId"/>.</summary>
    public bool IsWindows => GuestFamily.Length > 0 ? GuestFamily == "windowsGuest" : GuestId.StartsWith("win", StringComparison.OrdinalIgnoreCase);

    /// <summary>The server's fault tolerance state; empty when unknown.</summary>
    public string FaultToleranceState { get; init; } = "";

    /// <summary>Whether disks of removed snapshots remain.</summary>
    public bool ConsolidationNeeded { get; init; }

    /// <summary>Disks, by key.</summary>
    public IReadOnlyList<VirtualDisk> Disks { get; init; } = [];

    /// <summary>Disk controllers, by key.</summary>
    public IReadOnlyList<DiskController> Controllers { get; init; } = [];

    /// <summary>Devices of unknown type.</summary>
    public IReadOnlyList<UnknownDevice> UnknownDevices { get; init; } = [];

    /// <summary>Snapshots, parents before children.</summary>
    public IReadOnlyList<SnapshotInfo> Snapshots { get; init; } = [];

    /// <summary>The snapshot that the running state follows; null when there is none.</summary>
    public ObjectId? CurrentSnapshot { get; init; }

    /// <summary>The vmx file: <c>[datastore] folder/name.vmx</c>; null without a configuration.</summary>
    public string? VmxPath { get; init; }

    /// <summary>Where snapshot files go: <c>[datastore] folder/</c>, the home folder unless somebody set another; null without a configuration.</summary>
    public string? SnapshotDirectory { get; init; }

    /// <summary>The vmx, nvram and other small configuration files.</summary>
    public IReadOnlyList<ConfigurationFile> ConfigurationFiles { get; init; } = [];

    /// <summary>Datastores that hold any of its files.</summary>
    public IReadOnlyList<ObjectId> DatastoreIds { get; init; } = [];

    /// <summary>What its files take on each datastore; empty without a layout.</summary>
    public IReadOnlyList<VmStorage> Storage { get; init; } = [];

    /// <summary>The disks that run on deltas.</summary>
    public IReadOnlyList<DeltaChain> DeltaChains { get; init; } = [];

    /// <summary>
    /// Snapshot levels under the running state: the greater of the levels above <see cref="CurrentSnapshot"/> and the parents of the deepest disk.
    /// </summary>
    public int ChainDepth => SnapshotDepth.Of(this);
}

/// <summary>A small file of a VM's configuration.</summary>
/// <param name="Path"><c>[datastore] folder/name</c>.</param>
/// <param name="Kind">The server's word: <c>config</c>, <c>extendedConfig</c>, <c>nvram</c>, <c>snapshotList</c>.</param>
/// <param name="Length">Size in bytes, as of the server's last refresh.</param>
public sealed record ConfigurationFile(string Path, string Kind, long Length);

/// <summary>A snapshot of a VM.</summary>
/// <param name="Id">Identity.</param>
/// <param name="Name">Name; not unique.</param>
/// <param name="Description">Description.</param>
/// <param name="Number">The server's number of it within the VM.</param>
/// <param name="Depth">1 for a root snapshot.</param>
/// <param name="Parent">The snapshot above it; null for a root.</param>
/// <param name="Created">When it was made.</param>
/// <param name="PowerState">Power state of the VM when it was made.</param>
/// <param name="Quiesced">Whether the guest was quiesced.</param>
public sealed record SnapshotInfo(
    ObjectId Id,
    string Name,
    string Description,
    int Number,
    int Depth,
    ObjectId? Parent,
    DateTimeOffset Created,
    string PowerState,
    bool Quiesced)
{
    /// <summary>Bytes of its own files and of the deltas that were begun when it was made, as of the server's last refresh; null when not known.</summary>
    public long? SizeBytes { get; init; }
}
