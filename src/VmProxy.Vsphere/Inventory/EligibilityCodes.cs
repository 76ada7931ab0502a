namespace VmProxy.Vsphere;

/// <summary>The stable codes of <see cref="Finding"/>. A code is never renamed.</summary>
public static class EligibilityCodes
{
    /// <summary>A template.</summary>
    public const string Template = "VM_TEMPLATE";

    /// <summary>Orphaned, inaccessible, disconnected or invalid.</summary>
    public const string Inaccessible = "VM_INACCESSIBLE";

    /// <summary>The server gives no configuration.</summary>
    public const string NoConfiguration = "VM_NO_CONFIGURATION";

    /// <summary>A controller shares its bus with other VMs.</summary>
    public const string BusSharing = "VM_BUS_SHARING";

    /// <summary>A disk may be written by several VMs.</summary>
    public const string MultiWriter = "VM_MULTI_WRITER";

    /// <summary>The server denies snapshots.</summary>
    public const string SnapshotsUnsupported = "VM_SNAPSHOTS_UNSUPPORTED";

    /// <summary>One more snapshot would reach the limit.</summary>
    public const string TooManySnapshots = "VM_TOO_MANY_SNAPSHOTS";

    /// <summary>The limit of snapshots is near.</summary>
    public const string ManySnapshots = "VM_MANY_SNAPSHOTS";

    /// <summary>Consolidation is needed.</summary>
    public const string ConsolidationNeeded = "VM_CONSOLIDATION_NEEDED";

    /// <summary>No disk can be backed up.</summary>
    public const string NoDisks = "VM_NO_DISKS";

    /// <summary>The VM is encrypted.</summary>
    public const string Encrypted = "VM_ENCRYPTED";

    /// <summary>The VM has a virtual TPM.</summary>
    public const string VirtualTpm = "VM_VTPM";

    /// <summary>A device of unknown type.</summary>
    public const string UnknownDevice = "VM_UNKNOWN_DEVICE";

    /// <summary>A disk in an independent mode.</summary>
    public const string Independent = "DISK_INDEPENDENT";

    /// <summary>A raw device mapping in physical mode.</summary>
    public const string PhysicalRdm = "DISK_RDM_PHYSICAL";

    /// <summary>A disk in persistent memory.</summary>
    public const string PersistentMemory = "DISK_PMEM";

    /// <summary>A disk whose backing has an unknown type.</summary>
    public const string UnknownBacking = "DISK_UNKNOWN_BACKING";

    /// <summary>A disk whose mode is none that snapshots are known to hold.</summary>
    public const string UnknownMode = "DISK_UNKNOWN_MODE";
}
