namespace VmProxy.GuestFiles;

/// <summary>What a stretch of a disk can hold.</summary>
public enum VolumeKind
{
    /// <summary>No signature that is known.</summary>
    Nothing,

    /// <summary>ext2, ext3 or ext4.</summary>
    Ext,

    /// <summary>XFS.</summary>
    Xfs,

    /// <summary>NTFS.</summary>
    Ntfs,

    /// <summary>FAT12, FAT16 or FAT32.</summary>
    Fat,

    /// <summary>exFAT.</summary>
    ExFat,

    /// <summary>A physical volume of LVM2.</summary>
    Lvm,

    /// <summary>Swap space of Linux or an image of its hibernation: no files.</summary>
    Swap,

    /// <summary>An encrypted volume, whose key is not on the disk (BitLocker, LUKS).</summary>
    Encrypted,

    /// <summary>Something that is recognised by name and not read.</summary>
    Other,
}
