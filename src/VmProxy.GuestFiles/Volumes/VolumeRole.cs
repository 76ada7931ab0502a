namespace VmProxy.GuestFiles;

/// <summary>Where a volume lies.</summary>
public enum VolumeRole
{
    /// <summary>A whole disk that has no partition table.</summary>
    WholeDisk,

    /// <summary>A partition of a disk.</summary>
    Partition,

    /// <summary>A logical volume of LVM2, on one or several physical volumes.</summary>
    LogicalVolume,
}
