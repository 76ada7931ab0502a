using System.Xml.Linq;

namespace VmProxy.Vsphere;

/// <summary>The devices of a configuration in the words of backup.</summary>
/// <param name="Disks">Disks, by key.</param>
/// <param name="Controllers">Disk controllers, by key.</param>
/// <param name="Unknown">Devices of unknown type.</param>
sealed record Devices(IReadOnlyList<VirtualDisk> Disks, IReadOnlyList<DiskController> Controllers, IReadOnlyList<UnknownDevice> Unknown)
{
    public static readonly Devices None = new([], [], []);

    /// <summary>Whether there is a virtual TPM.</summary>
    public bool HasVirtualTpm { get; init; }

    /// <summary>
    /// The devices among properties, as the wire has them. One of unknown type comes as a bare object where anything may stand; its XML still tells
    /// what every device has.
    /// </summary>
    public static IReadOnlyList<Vim.VirtualDevice> Wire(PropertySet properties, string path = VirtualMachineMapper.DevicesPath)
        => [.. properties.List<Vim.DataObject>(path).Select(AsDevice).OfType<Vim.VirtualDevice>()];

    public static Devices Of(PropertySet properties, string path = VirtualMachineMapper.DevicesPath) => Of(Wire(properties, path));

    static Vim.VirtualDevice? AsDevice(Vim.DataObject item)
    {
        if (item is Vim.VirtualDevice || item.Raw is null)
        {
            return item as Vim.VirtualDevice;
        }

        var bare = new XElement(item.Raw);
        bare.Attributes().Where(attribute => attribute.Name.LocalName == "type").Remove();
        var device = Vim.VimXml.Read<Vim.VirtualDevice>(bare);
        (device.UnknownTypeName, device.Raw) = (item.UnknownTypeName, item.Raw);
        return device;
    }

    public static Devices Of(IEnumerable<Vim.VirtualDevice> devices)
    {
        Vim.VirtualDevice[] all = [.. devices];
        var named = all.OfType<Vim.VirtualDisk>().Select(disk => disk.ControllerKey).ToHashSet();
        DiskController[] controllers =
        [
            .. all.OfType<Vim.VirtualController>().Where(HoldsDisks).Select(Controller)
                .Concat(all.Where(device => device is not Vim.VirtualController && named.Contains(device.Key) && device.UnknownTypeName is not null).Select(Stranger))
                .OrderBy(controller => controller.Key),
        ];
        var byKey = controllers.DistinctBy(controller => controller.Key).ToDictionary(controller => controller.Key);
        return new Devices(
            [.. all.OfType<Vim.VirtualDisk>().Select(disk => DiskMapper.Map(disk, byKey)).OrderBy(disk => disk.Key)],
            controllers,
            [.. all.Where(device => device.UnknownTypeName is not null).Select(UnknownOne)])
        {
            HasVirtualTpm = all.OfType<Vim.VirtualTPM>().Any(),
        };
    }

    // An unknown controller counts: what it holds cannot be told, and disks name it by its key.
    static bool HoldsDisks(Vim.VirtualController controller) => controller is Vim.VirtualSCSIController or Vim.VirtualIDEController
        or Vim.VirtualSATAController or Vim.VirtualNVMEController || controller.UnknownTypeName is not null;

    static DiskController Controller(Vim.VirtualController controller) => new(
        controller.Key,
        controller.UnknownTypeName ?? controller.TypeName,
        controller.BusNumber,
        controller switch
        {
            Vim.VirtualSCSIController scsi => scsi.SharedBus,
            _ => null,
        },
        controller is Vim.VirtualSCSIController { ScsiCtlrUnitNumber: { } own } ? own : controller is Vim.VirtualSCSIController ? 7 : null)
    {
        PciSlot = (controller.SlotInfo as Vim.VirtualDevicePciBusSlotInfo)?.PciSlotNumber,
    };

    // A type newer than this client comes as a bare device; that a disk hangs on it makes it a controller, which always has a bus number.
    static DiskController Stranger(Vim.VirtualDevice device) => new(
        device.Key,
        device.UnknownTypeName!,
        int.TryParse(device.Raw?.Elements().FirstOrDefault(element => element.Name.LocalName == "busNumber")?.Value, out int bus) ? bus : 0,
        null,
        null);

    static UnknownDevice UnknownOne(Vim.VirtualDevice device)
        => new(device.Key, device.UnknownTypeName!, device.DeviceInfo?.Label ?? "", device.Raw?.ToString() ?? "");
}
