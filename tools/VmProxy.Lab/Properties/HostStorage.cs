using VmProxy.Lab.Model;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>What hosts see of the storage: a LUN under each VMFS datastore, and the mounted volumes.</summary>
internal static class HostStorage
{
    const int SectorSize = 512;

    public static HostStorageDeviceInfo Devices(LabInventory inventory, LabHost host) => new()
    {
        ScsiLun =
        [
            .. inventory.Datastores.Where(datastore => datastore.Type == "VMFS" && datastore.IsMountedBy(host)).Select(datastore => new HostScsiDisk
            {
                DeviceName = $"/vmfs/devices/disks/{datastore.LunName}",
                DeviceType = "disk",
                Key = $"key-vim.host.ScsiDisk-{datastore.LunName}",
                Uuid = LunUuid(datastore),
                CanonicalName = datastore.LunName,
                DisplayName = $"Lab disk ({datastore.LunName})",
                LunType = "disk",
                Vendor = "VmProxy",
                Model = "Lab",
                OperationalState = ["ok"],
                Capacity = new HostDiskDimensionsLba { BlockSize = SectorSize, Block = datastore.Space.Capacity / SectorSize },
                DevicePath = $"/vmfs/devices/disks/{datastore.LunName}",
            }),
        ],
        SoftwareInternetScsiEnabled = true,
    };

    public static HostFileSystemVolumeInfo Volumes(LabInventory inventory, LabHost host) => new()
    {
        VolumeTypeList = ["VMFS", "NFS"],
        MountInfo =
        [
            .. inventory.Datastores.Where(datastore => datastore.IsMountedBy(host)).Select(datastore => new HostFileSystemMountInfo { MountInfo = Mount(datastore), Volume = Volume(datastore) }),
        ],
    };

    public static HostMountInfo Mount(LabDatastore datastore) => new()
    {
        Path = $"/vmfs/volumes/{datastore.Uuid}",
        AccessMode = "readWrite",
        Mounted = true,
        Accessible = true,
    };

    public static HostFileSystemVolume Volume(LabDatastore datastore) => datastore.Type switch
    {
        "VMFS" => Vmfs(datastore),
        "NFS" or "NFS41" => Nas(datastore),
        _ => new HostFileSystemVolume { Type = datastore.Type, Name = datastore.Name, Capacity = datastore.Space.Capacity },
    };

    public static HostVmfsVolume Vmfs(LabDatastore datastore) => new()
    {
        Type = "VMFS",
        Name = datastore.Name,
        Capacity = datastore.Space.Capacity,
        BlockSizeMb = 1,
        MaxBlocks = 62914560,
        MajorVersion = 5,
        Version = "5.81",
        Uuid = datastore.Uuid.ToString(),
        Extent = [new HostScsiDiskPartition { DiskName = datastore.LunName, Partition = 1 }],
        VmfsUpgradable = false,
        Ssd = true,
        Local = false,
    };

    public static HostNasVolume Nas(LabDatastore datastore) => new()
    {
        Type = datastore.Type,
        Name = datastore.Name,
        Capacity = datastore.Space.Capacity,
        RemoteHost = "nfs.lab.example",
        RemotePath = $"/exports/{datastore.Name}",
    };

    public static string LunUuid(LabDatastore datastore) => "02000000" + datastore.LunName["naa.".Length..];
}
