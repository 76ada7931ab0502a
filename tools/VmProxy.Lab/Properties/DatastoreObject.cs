using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

internal sealed class DatastoreObject(LabState server, LabDatastore datastore) : EntityObject(server, "Datastore", datastore.Id)
{
    const long MaxFileSize = 64L << 40;

    public LabDatastore Datastore => datastore;

    public string BrowserId => "datastoreBrowser-" + datastore.Id;

    protected override string Name => datastore.Name;

    public override ManagedObjectReference? Parent => new("Folder", Server.Ids.DatastoreFolder);

    protected override object? GetOwn(string property) => property switch
    {
        "info" => Info,
        "summary" => new DatastoreSummary
        {
            Datastore = Reference,
            Name = datastore.Name,
            Url = Url,
            Capacity = datastore.Space.Capacity,
            FreeSpace = datastore.ReportedFree,
            Uncommitted = Uncommitted,
            Accessible = !datastore.Disconnected,
            MultipleHostAccess = Server.Inventory.Hosts.Count(datastore.IsMountedBy) > 1,
            Type = datastore.Type,
            MaintenanceMode = "normal",
        },
        "host" => new VimArray(
            "DatastoreHostMount",
            [
                .. Server.Inventory.Hosts.Where(datastore.IsMountedBy).Select(host => new DatastoreHostMount
                {
                    Key = new ManagedObjectReference("HostSystem", host.Id),
                    MountInfo = HostStorage.Mount(datastore),
                }),
            ]),
        "vm" => References(
            "VirtualMachine",
            Server.Inventory.Vms.Where(vm => vm.Datastore == datastore || vm.Disks.Exists(disk => disk.Datastore == datastore)).Select(vm => vm.Id)),
        "browser" => new ManagedObjectReference("HostDatastoreBrowser", BrowserId),
        "capability" => new DatastoreCapability
        {
            DirectoryHierarchySupported = true,
            RawDiskMappingsSupported = datastore.Type == "VMFS",
            PerFileThinProvisioningSupported = true,
            NativeSnapshotSupported = datastore.Type is "VVOL" or "vsan",
            TopLevelDirectoryCreateSupported = datastore.Type is not "vsan",
            SeSparseSupported = false,
            VmfsSparseSupported = datastore.Type == "VMFS",
        },
        _ => null,
    };

    string Url => $"ds:///vmfs/volumes/{datastore.Uuid}/";

    long Uncommitted => Server.Inventory.Vms
        .SelectMany(vm => vm.Disks)
        .Where(disk => disk.Datastore == datastore && disk is { Attached: null, Tree: not null })
        .Sum(disk => Math.Max(0, disk.Tree!.Length - disk.Tree.Root.SpaceUsed));

    DatastoreInfo Info
    {
        get
        {
            DatastoreInfo info = datastore.Type switch
            {
                "VMFS" => new VmfsDatastoreInfo
                {
                    MaxPhysicalRDMFileSize = MaxFileSize,
                    MaxVirtualRDMFileSize = MaxFileSize,
                    Vmfs = HostStorage.Vmfs(datastore),
                },
                "NFS" or "NFS41" => new NasDatastoreInfo { Nas = HostStorage.Nas(datastore) },
                "VVOL" => new VvolDatastoreInfo(),
                "PMEM" => new PMemDatastoreInfo
                {
                    Pmem = new HostPMemVolume
                    {
                        Type = "PMEM", Name = datastore.Name, Capacity = datastore.Space.Capacity, Uuid = datastore.Uuid.ToString(), Version = "1.0",
                    },
                },
                "OTHER" => new LocalDatastoreInfo { Path = datastore.Folder },
                _ => new DatastoreInfo(),
            };
            info.Name = datastore.Name;
            info.Url = Url;
            info.FreeSpace = datastore.ReportedFree;
            info.MaxFileSize = MaxFileSize;
            info.MaxVirtualDiskCapacity = MaxFileSize;
            info.MaxMemoryFileSize = MaxFileSize;
            info.Timestamp = datastore.Refreshed;
            return info;
        }
    }
}
