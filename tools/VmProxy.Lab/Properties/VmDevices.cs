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
    public static VirtualDevice Disk(LabDisk disk, DiskLayer? layer, string? changeId, CryptoKeyId? key)
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
            Backing = layer is null ? Unmade(disk) : Backing(disk, layer, changeId, key),
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

    /// <summary>The virtual TPM of a VM that has one.</summary>
    public static IEnumerable<VirtualDevice> Tpm(LabVm vm) => vm.Options.VirtualTpm
        ? [new VirtualTPM { Key = 11000, DeviceInfo = new Description { Label = "Virtual TPM", Summary = "Trusted Platform Module" } }]
        : [];

    public static CryptoKeyId? KeyOf(LabVm vm) => vm.Options.EncryptionKey is { } key
        ? new CryptoKeyId { KeyId = key, ProviderId = new KeyProviderId { Id = vm.Options.KeyProvider } }
        : null;

    /// <summary>A controller whose type no 6.7 client knows: it has what every controller has.</summary>
    static VirtualDevice Newer(LabController controller, IEnumerable<LabDisk> disks)
    {
        XNamespace vim = SoapNames.Vim25;
        return (VirtualDevice)VimXml.Read(
            new XElement(
                vim + "VirtualDevice",
                new XAttribute(XName.Get("type", SoapNames.Xsi), controller.Kind.TypeName),
                new XElement(vim + "key", controller.Key),
                new XElement(vim + "deviceInfo", new XElement(vim + "label", $"Quantum controller {controller.Bus}"), new XElement(vim + "summary", "Newer than this client")),
                new XElement(vim + "busNumber", controller.Bus),
                disks.Where(disk => disk.Controller.Key == controller.Key).Select(disk => new XElement(vim + "device", disk.Key))),
            "VirtualDevice")!;
    }

    static VirtualDeviceBackingInfo NewerBacking(LabDisk disk, DiskLayer layer)
    {
        XNamespace vim = SoapNames.Vim25;
        return (VirtualDeviceBackingInfo)VimXml.Read(
            new XElement(
                vim + "backing",
                new XAttribute(XName.Get("type", SoapNames.Xsi), "VirtualDiskQuantumBackingInfo"),
                new XElement(vim + "fileName", layer.Files.DatastorePath),
                new XElement(vim + "diskMode", disk.Mode),
                new XElement(vim + "superposition", "true")),
            "VirtualDeviceBackingInfo")!;
    }

    static VirtualDevice Controller(LabController controller, IReadOnlyList<LabDisk> disks)
    {
        if (controller.Kind.TypeName == LabControllerKind.NewerTypeName)
        {
            return Newer(controller, disks);
        }

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

    static VirtualDeviceBackingInfo Backing(LabDisk disk, DiskLayer layer, string? changeId, CryptoKeyId? key) => disk switch
    {
        { UnknownBacking: true } => NewerBacking(disk, layer),
        { RawDeviceMapping: not null } => Mapping(disk, layer, changeId),
        { Datastore.Type: "PMEM" } => PersistentMemory(disk, layer),
        _ => Flat(disk, layer, changeId, key),
    };

    static VirtualDiskLocalPMemBackingInfo PersistentMemory(LabDisk disk, DiskLayer layer) => new()
    {
        FileName = layer.Files.DatastorePath,
        Datastore = new ManagedObjectReference("Datastore", disk.Datastore.Id),
        DiskMode = disk.Mode,
        Uuid = layer.Files.Uuid.ToString().ToUpperInvariant(),
        ContentId = layer.ContentId,
    };

    static VirtualDiskFlatVer2BackingInfo Flat(LabDisk disk, DiskLayer layer, string? changeId, CryptoKeyId? key) => new()
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
        Parent = layer.Parent is { } parent ? Flat(disk, parent, null, key) : null,
        DeltaDiskFormat = layer.Parent is null ? null : "redoLogFormat",
        DigestEnabled = false,
        Sharing = disk.Sharing,
        KeyId = key,
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
