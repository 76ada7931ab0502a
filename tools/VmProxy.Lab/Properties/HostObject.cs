using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

internal sealed class HostObject(LabState server, LabHost host) : EntityObject(server, "HostSystem", host.Id)
{
    protected override string Name => host.Name;

    public string StorageSystemId => Server.Options.HostOnly ? "storageSystem" : "storageSystem-" + host.Id["host-".Length..];

    public string DatastoreSystemId => Server.Options.HostOnly ? "ha-datastoresystem" : "datastoreSystem-" + host.Id["host-".Length..];

    public override ManagedObjectReference? Parent => new(Server.Objects.ComputeResourceType, Server.Ids.ComputeResource);

    protected override object? GetOwn(string property) => property switch
    {
        "runtime" => Runtime,
        "summary" => new HostListSummary
        {
            Host = Reference,
            Runtime = Runtime,
            Hardware = new HostHardwareSummary
            {
                Vendor = "VmProxy",
                Model = "Lab",
                Uuid = LabDatastore.UuidOf(host.Name).ToString(),
                MemorySize = 256L << 30,
                CpuModel = "Lab",
                CpuMhz = 3000,
                NumCpuPkgs = 1,
                NumCpuCores = 16,
                NumCpuThreads = 32,
                NumNics = 2,
                NumHBAs = 1,
            },
            Config = new HostConfigSummary { Name = host.Name, Port = 443, Product = Server.HostAbout },
            QuickStats = new HostListSummaryQuickStats(),
            OverallStatus = "green",
        },
        "configManager" => new HostConfigManager
        {
            StorageSystem = new ManagedObjectReference("HostStorageSystem", StorageSystemId),
            DatastoreSystem = new ManagedObjectReference("HostDatastoreSystem", DatastoreSystemId),
        },
        "config" => new HostConfigInfo
        {
            Host = Reference,
            Product = Server.HostAbout,
            StorageDevice = HostStorage.Devices(Server.Inventory, host),
            FileSystemVolume = HostStorage.Volumes(Server.Inventory, host),
        },
        "vm" => References("VirtualMachine", Server.Inventory.Vms.Where(vm => vm.Host == host.Id).Select(vm => vm.Id)),
        "datastore" => References("Datastore", Server.Inventory.Datastores.Where(datastore => datastore.IsMountedBy(host)).Select(datastore => datastore.Id)),
        "network" => References("Network", [Server.Ids.Network]),
        "datastoreBrowser" => new ManagedObjectReference("HostDatastoreBrowser", "datastoreBrowser-" + host.Id),
        _ => null,
    };

    HostRuntimeInfo Runtime => new()
    {
        ConnectionState = "connected",
        PowerState = "poweredOn",
        InMaintenanceMode = false,
        BootTime = Server.Started,
    };
}
