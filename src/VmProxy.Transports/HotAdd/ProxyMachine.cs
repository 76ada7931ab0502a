namespace VmProxy.Transports.HotAdd;

/// <summary>What the firmware of the machine that this program runs on says of it (DMI, as Linux shows it). What cannot be read is null.</summary>
/// <param name="Vendor">The maker, "VMware, Inc." for a VM of VMware's.</param>
/// <param name="Uuid">Its uuid, which only root may read; the VM's BIOS uuid.</param>
sealed record ProxyMachine(string? Vendor, string? Uuid)
{
    const string Folder = "sys/class/dmi/id";

    public bool IsKnownNotVm => Vendor is not null && !Vendor.StartsWith("VMware", StringComparison.OrdinalIgnoreCase);

    public static ProxyMachine Read(string root) =>
        new(SystemFile.FirstLine(root, $"{Folder}/sys_vendor"), SystemFile.FirstLine(root, $"{Folder}/product_uuid"));

    /// <summary>Whether this is surely not the VM with this BIOS uuid. Virtual hardware before version 13 gives the first three groups byte by byte in reverse.</summary>
    public bool IsKnownNot(string? biosUuid) => Guid.TryParse(Uuid, out var own) && Guid.TryParse(biosUuid, out var other)
        && own != other && new Guid(own.ToByteArray(), bigEndian: true) != other;
}
