namespace VmProxy.Lab;

/// <summary>A virtual disk and what it holds at the start.</summary>
public sealed class LabDiskOptions
{
    /// <summary>Bytes, a multiple of 512.</summary>
    public long Size { get; set; } = 64L << 20;

    public bool Thin { get; set; } = true;

    /// <summary>A folder whose files an ext4 file system on the whole disk starts with.</summary>
    public string? Tree { get; set; }

    /// <summary>Pseudo-random stretches.</summary>
    public List<LabDataOptions> Data { get; set; } = [];

    /// <summary>Another datastore than the VM's.</summary>
    public string? Datastore { get; set; }

    /// <summary>The descriptor's name without ".vmdk"; made from the VM's name by default.</summary>
    public string? FileName { get; set; }

    /// <summary>pvscsi, lsilogic, lsisas, buslogic, sata, nvme or ide; "quantum" is of a type newer than 6.7.</summary>
    public string Controller { get; set; } = "pvscsi";

    public int Bus { get; set; }

    /// <summary>noSharing, virtualSharing or physicalSharing, of the controller.</summary>
    public string SharedBus { get; set; } = "noSharing";

    /// <summary>sharingNone or sharingMultiWriter.</summary>
    public string Sharing { get; set; } = "sharingNone";

    /// <summary>A VirtualDiskMode.</summary>
    public string Mode { get; set; } = "persistent";

    /// <summary>The backing is of a type newer than 6.7.</summary>
    public bool UnknownBacking { get; set; }

    /// <summary>virtualMode or physicalMode for a raw device mapping.</summary>
    public string? RawDeviceMapping { get; set; }
}

/// <summary>A stretch of pseudo-random bytes: the same seed gives the same bytes.</summary>
public sealed class LabDataOptions
{
    public long Offset { get; set; }

    public long Length { get; set; }

    public int Seed { get; set; }
}
