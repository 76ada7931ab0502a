using System.Globalization;

namespace VmProxy.Transports.HotAdd;

/// <summary>A SCSI disk as Linux shows it under /sys/block.</summary>
/// <param name="Name">The kernel's name, "sdb".</param>
/// <param name="PciAddress">The controller's address, "0000:03:00.0"; null when it has none.</param>
/// <param name="Target">Number on the controller's bus; with VMware's parallel and paravirtual controllers it is the disk's unit.</param>
/// <param name="Wwid">"naa." and the disk's uuid without dashes where disk.EnableUUID is on; null when the disk gives none.</param>
/// <param name="Bytes">Size in bytes; null when it cannot be read.</param>
sealed record ScsiDisk(string Name, string? PciAddress, int Target, string? Wwid, long? Bytes)
{
    const int SysfsSector = 512;

    /// <summary>All of them; empty where /sys shows none, as on a machine that is not a proxy.</summary>
    public static IReadOnlyList<ScsiDisk> All(string root) => [.. SystemFile.Names(root, "sys/block").Select(name => Find(root, name)).OfType<ScsiDisk>()];

    /// <summary>The disk with this name; null when there is none, or it is not a SCSI disk.</summary>
    public static ScsiDisk? Find(string root, string name)
    {
        if (DevicePath(root, name) is not { } path)
        {
            return null;
        }

        // …/0000:03:00.0/host2/target2:0:5/2:0:5:0
        var parts = path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        var address = parts[^1].Split(':');
        if (address.Length != 4 || !int.TryParse(address[2], NumberStyles.None, CultureInfo.InvariantCulture, out var target))
        {
            return null;
        }

        return new ScsiDisk(
            name,
            parts.LastOrDefault(IsPciAddress),
            target,
            SystemFile.FirstLine(root, $"sys/block/{name}/device/wwid"),
            long.TryParse(SystemFile.FirstLine(root, $"sys/block/{name}/size"), NumberStyles.None, CultureInfo.InvariantCulture, out var sectors)
                ? sectors * SysfsSector
                : null);
    }

    /// <summary>Whether its controller is in this PCI slot; null when /sys does not say where the slot is.</summary>
    public bool? IsInSlot(string root, int slot) =>
        PciAddress is not null && SystemFile.FirstLine(root, string.Create(CultureInfo.InvariantCulture, $"sys/bus/pci/slots/{slot}/address")) is { Length: > 0 } address
            ? PciAddress.StartsWith(address, StringComparison.OrdinalIgnoreCase)
            : null;

    /// <summary>Whether it has the serial number of the disk with this uuid; null when it gives none.</summary>
    public bool? HasUuid(string uuid) => Wwid?.StartsWith("naa.", StringComparison.OrdinalIgnoreCase) == true
        ? Wwid["naa.".Length..].Equals(DeviceFolder.Digits(uuid), StringComparison.OrdinalIgnoreCase)
        : null;

    static string? DevicePath(string root, string name)
    {
        try
        {
            return new DirectoryInfo(Path.Combine(root, "sys/block", name)).ResolveLinkTarget(returnFinalTarget: true) is { } block
                ? Path.GetDirectoryName(Path.GetDirectoryName(block.FullName))
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // "0000:03:00.0"
    static bool IsPciAddress(string part) => part.Length >= 12 && part[4] == ':' && part[7] == ':' && part[10] == '.';
}
