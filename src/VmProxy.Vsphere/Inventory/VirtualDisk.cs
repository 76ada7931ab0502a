namespace VmProxy.Vsphere;

/// <summary>The form in which a disk's head is stored.</summary>
public enum DiskBackingKind
{
    /// <summary>Something that this version does not know: never backed up, always reported.</summary>
    Unknown,

    /// <summary>A flat VMDK, or a redo log on one (FlatVer2).</summary>
    Flat,

    /// <summary>A space-efficient sparse VMDK, as snapshots on VMFS 6 and disks over 2 TB use.</summary>
    SeSparse,

    /// <summary>A hosted sparse VMDK.</summary>
    SparseVer2,

    /// <summary>A raw device mapping in virtual mode: snapshots work.</summary>
    RdmVirtual,

    /// <summary>A raw device mapping in physical mode: not in snapshots.</summary>
    RdmPhysical,

    /// <summary>A disk in persistent memory: not in snapshots.</summary>
    LocalPmem,
}

/// <summary>A virtual disk, as a VM or a snapshot of it has it.</summary>
public sealed record VirtualDisk
{
    /// <summary>Device key, unique within the VM and stable over its life.</summary>
    public required int Key { get; init; }

    /// <summary>For people: "Hard disk 1".</summary>
    public required string Label { get; init; }

    /// <summary>The server's type name of the controller, for example <c>ParaVirtualSCSIController</c>; empty when unknown.</summary>
    public string ControllerType { get; init; } = "";

    /// <summary>Key of the controller; null when the server does not say.</summary>
    public int? ControllerKey { get; init; }

    /// <summary>Number of the controller's bus.</summary>
    public int BusNumber { get; init; }

    /// <summary>Unit on the controller; null when the server does not say.</summary>
    public int? UnitNumber { get; init; }

    /// <summary>Its place as a vmx file names it, for example <c>scsi0:1</c>; null when controller or unit are not known.</summary>
    public string? UnitName => UnitNames.Of(ControllerType, BusNumber, UnitNumber);

    /// <summary>Whether the controller's bus is shared with other VMs.</summary>
    public bool SharedBus { get; init; }

    /// <summary>Size in bytes.</summary>
    public long CapacityBytes { get; init; }

    /// <summary>The form of the head.</summary>
    public DiskBackingKind BackingKind { get; init; }

    /// <summary>The server's type name of the backing.</summary>
    public string BackingTypeName { get; init; } = "";

    /// <summary>Descriptor of the head: <c>[datastore] folder/name.vmdk</c>; empty when the backing is unknown.</summary>
    public string FileName { get; init; } = "";

    /// <summary>Datastore of the head; null when the server does not say.</summary>
    public ObjectId? DatastoreId { get; init; }

    /// <summary>The server's disk mode, for example <c>persistent</c> or <c>independent_persistent</c>.</summary>
    public string DiskMode { get; init; } = "";

    /// <summary><c>sharingNone</c> or <c>sharingMultiWriter</c>; null when the server does not say.</summary>
    public string? Sharing { get; init; }

    /// <summary>Whether it is thin; null when the backing has no such notion.</summary>
    public bool? Thin { get; init; }

    /// <summary>Disk uuid, the same along its chain; null when the server does not say.</summary>
    public string? Uuid { get; init; }

    /// <summary>Content id; null when the server does not say.</summary>
    public string? ContentId { get; init; }

    /// <summary>Change id (<c>uuid/sequence</c>). Only a snapshot's disk has a meaningful one.</summary>
    public string? ChangeId { get; init; }

    /// <summary>Canonical id of the mapped LUN of a raw device mapping; null elsewhere.</summary>
    public string? LunUuid { get; init; }

    /// <summary>The form of a snapshot's head (<c>redoLogFormat</c>, <c>seSparseFormat</c>, <c>nativeFormat</c>); null for a base disk.</summary>
    public string? DeltaFormat { get; init; }

    /// <summary>The key that encrypts it; null when it is not encrypted.</summary>
    public EncryptionKey? Encryption { get; init; }

    /// <summary>Descriptors below the head, nearest first; empty for a base disk.</summary>
    public IReadOnlyList<string> ParentChain { get; init; } = [];

    /// <summary>The whole chain from the head down to the base.</summary>
    public IEnumerable<string> Chain => ParentChain.Prepend(FileName);

    /// <summary>The backing as the server sent it, when its type is unknown; null otherwise.</summary>
    public string? UnknownBackingXml { get; init; }
}

/// <summary>A controller of disks.</summary>
/// <param name="Key">Device key.</param>
/// <param name="TypeName">The server's type name.</param>
/// <param name="BusNumber">Number of its bus.</param>
/// <param name="Sharing"><c>noSharing</c>, <c>virtualSharing</c> or <c>physicalSharing</c>; null for controllers that cannot share.</param>
/// <param name="ReservedUnit">The unit that the controller itself takes; null when none.</param>
public sealed record DiskController(int Key, string TypeName, int BusNumber, string? Sharing, int? ReservedUnit)
{
    /// <summary>Whether the bus is shared with other VMs.</summary>
    public bool SharedBus => Sharing is { Length: > 0 } and not "noSharing";

    /// <summary>The PCI slot in which the guest sees it (VirtualDevicePciBusSlotInfo); null when the server does not say.</summary>
    public int? PciSlot { get; init; }
}

/// <summary>A device of a type that this version does not know: kept as sent, and reported.</summary>
/// <param name="Key">Device key; 0 when the server does not say.</param>
/// <param name="TypeName">The server's type name.</param>
/// <param name="Label">For people; may be empty.</param>
/// <param name="Xml">The device as the server sent it.</param>
public sealed record UnknownDevice(int Key, string TypeName, string Label, string Xml);
