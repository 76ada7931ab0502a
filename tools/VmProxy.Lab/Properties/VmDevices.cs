using System.Globalization;
using System.Xml.Linq;
using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;
using VmProxy.Lab.Storage;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>Virtual hardware as vim25 devices.</summary>
internal static class VmDevices
{
    public static List<VirtualDevice> Controllers(IEnumerable<LabController> controllers, IReadOnlyList<LabDisk> disks) =>
        [.. controllers.Select(controller => Controller(controller, disks))];

    /// <summary>A disk on one link of its chain. Disks without files name files that were never made.</summary>
    public static VirtualDevice Disk(LabDisk disk, DiskLayer? layer, string? changeId)
    {
        var capacity = layer?.Length ?? 1L << 34;
        return new VirtualDisk
        {
            Key = disk.Key,
            DeviceInfo = new Description
            {
                Label = disk.Label,
                Summary = (capacity >> 10).ToString("N0", CultureInfo.InvariantCulture) + " KB",
            },
            Backing = layer is null ? Unmade(disk) : Backing(disk, layer, changeId),
            ControllerKey = disk.Controller.Key,
            UnitNumber = disk.Unit,
            CapacityInKB = capacity >> 10,
            CapacityInBytes = capacity,
            Shares = new SharesInfo { Shares = 1000, Level = "normal" },
            StorageIOAllocation = new StorageIOAllocationInfo { Limit = -1, Reservation = 0 },
            DiskObjectId = $"{disk.Datastore.Id}-{disk.Key}",
            NativeUnmanagedLinkedClone = false,
        };
    }

    /// <summary>A device whose type, and one of whose elements, no 6.7 client knows.</summary>
    public static VirtualDevice OfNewerServer()
    {
        XNamespace vim = SoapNames.Vim25;
        var element = new XElement(
            vim + "VirtualDevice",
            new XAttribute(XName.Get("type", SoapNames.Xsi), "VirtualQuantumLink"),
            new XElement(vim + "key", 98000),
            new XElement(vim + "deviceInfo", new XElement(vim + "label", "Quantum link 1"), new XElement(vim + "summary", "Newer than this client")),
            new XElement(vim + "numaNode", 0),
            new XElement(vim + "entanglement", "strong"));
        return (VirtualDevice)VimXml.Read(element, "VirtualDevice")!;
    }

    static VirtualController Controller(LabController controller, IReadOnlyList<LabDisk> disks)
    {
        VirtualController device = controller.Kind.TypeName switch
        {
            "ParaVirtualSCSIController" => new ParaVirtualSCSIController(),
            "VirtualLsiLogicController" => new VirtualLsiLogicController(),
            "VirtualLsiLogicSASController" => new VirtualLsiLogicSASController(),
            "VirtualBusLogicController" => new VirtualBusLogicController(),
            "VirtualAHCIController" => new VirtualAHCIController(),
            "VirtualNVMEController" => new VirtualNVMEController(),
            _ => new VirtualIDEController(),
        };
        device.Key = controller.Key;
        device.BusNumber = controller.Bus;
        device.DeviceInfo = new Description
        {
            Label = $"{controller.Kind.Node.ToUpperInvariant()} controller {controller.Bus.ToString(CultureInfo.InvariantCulture)}",
            Summary = controller.Kind.TypeName,
        };
        device.Device = [.. disks.Where(disk => disk.Controller.Key == controller.Key).Select(disk => disk.Key)];
        if (device is VirtualSCSIController scsi)
        {
            scsi.HotAddRemove = true;
            scsi.SharedBus = controller.SharedBus;
            scsi.ScsiCtlrUnitNumber = LabControllerKind.ScsiControllerUnit;
        }

        return device;
    }

    static VirtualDeviceFileBackingInfo Backing(LabDisk disk, DiskLayer layer, string? changeId) =>
        disk.RawDeviceMapping is null ? Flat(disk, layer, changeId) : Mapping(disk, layer, changeId);

    static VirtualDiskFlatVer2BackingInfo Flat(LabDisk disk, DiskLayer layer, string? changeId) => new()
    {
        FileName = layer.Files.DatastorePath,
        Datastore = new ManagedObjectReference("Datastore", disk.Datastore.Id),
        BackingObjectId = "",
        DiskMode = disk.Mode,
        Split = false,
        WriteThrough = false,
        ThinProvisioned = disk.Tree!.Root.Thin,
        Uuid = layer.Files.Uuid.ToString().ToUpperInvariant(),
        ContentId = layer.ContentId,
        ChangeId = changeId,
        Parent = layer.Parent is { } parent ? Flat(disk, parent, null) : null,
        DeltaDiskFormat = layer.Parent is null ? null : "redoLogFormat",
        DigestEnabled = false,
        Sharing = disk.Sharing,
    };

    static VirtualDiskRawDiskMappingVer1BackingInfo Mapping(LabDisk disk, DiskLayer layer, string? changeId) => new()
    {
        FileName = layer.Files.DatastorePath,
        Datastore = new ManagedObjectReference("Datastore", disk.Datastore.Id),
        LunUuid = HostStorage.LunUuid(disk.Datastore),
        DeviceName = $"vml.{HostStorage.LunUuid(disk.Datastore)}",
        CompatibilityMode = disk.RawDeviceMapping,
        DiskMode = disk.Mode,
        Uuid = layer.Files.Uuid.ToString().ToUpperInvariant(),
        ContentId = layer.ContentId,
        ChangeId = changeId,
        Parent = layer.Parent is { } parent ? Mapping(disk, parent, null) : null,
        Sharing = disk.Sharing,
    };

    static VirtualDiskFlatVer2BackingInfo Unmade(LabDisk disk) => new()
    {
        FileName = $"[{disk.Datastore.Name}] unmade/disk.vmdk",
        Datastore = new ManagedObjectReference("Datastore", disk.Datastore.Id),
        DiskMode = disk.Mode,
        ThinProvisioned = true,
        Sharing = disk.Sharing,
    };
}
