namespace VmProxy.Transports.HotAdd.Preflight;

/// <summary>A disk as it would appear when it is attached, against which the proxy's configuration is tried.</summary>
static class ForeignDisk
{
    const string Serial = "6000c29fffffffffffffffffffffffff";

    public const string KernelName = "sdzz";

    /// <summary>As multipath and udev's ID_SERIAL have it.</summary>
    public const string Wwid = "3" + Serial;

    public const string Vendor = "VMware";

    public const string Product = "Virtual disk";

    /// <summary>The names under which LVM may find it.</summary>
    public static readonly IReadOnlyList<string> Paths =
    [
        "/dev/" + KernelName,
        "/dev/disk/by-id/wwn-0x" + Serial,
        "/dev/disk/by-id/scsi-" + Wwid,
        "/dev/disk/by-path/pci-0000:ff:00.0-scsi-0:0:99:0",
        "/dev/block/66:240",
    ];
}
