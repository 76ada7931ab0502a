using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>The cluster, or what a single host has in its place.</summary>
internal sealed class ComputeResourceObject(LabState server)
    : EntityObject(server, server.Options.HostOnly ? "ComputeResource" : "ClusterComputeResource", server.Ids.ComputeResource)
{
    const int CpuMhz = 48_000;
    const long Memory = 256L << 30;

    protected override string Name => Server.Options.HostOnly ? Server.Inventory.Hosts[0].Name : Server.Options.Cluster;

    public override ManagedObjectReference? Parent => new("Folder", Server.Ids.HostFolder);

    public override IEnumerable<ManagedObjectReference> Children =>
    [
        .. Server.Inventory.Hosts.Select(host => new ManagedObjectReference("HostSystem", host.Id)),
        new ManagedObjectReference("ResourcePool", Server.Ids.ResourcePool),
    ];

    protected override object? GetOwn(string property) => property switch
    {
        "resourcePool" => new ManagedObjectReference("ResourcePool", Server.Ids.ResourcePool),
        "host" => References("HostSystem", Server.Inventory.Hosts.Select(host => host.Id)),
        "datastore" => References("Datastore", Server.Inventory.Datastores.Select(datastore => datastore.Id)),
        "network" => References("Network", [Server.Ids.Network]),
        "summary" => new ComputeResourceSummary
        {
            TotalCpu = CpuMhz,
            TotalMemory = Memory,
            NumCpuCores = 16,
            NumCpuThreads = 32,
            EffectiveCpu = CpuMhz,
            EffectiveMemory = Memory >> 20,
            NumHosts = Server.Inventory.Hosts.Count,
            NumEffectiveHosts = Server.Inventory.Hosts.Count,
            OverallStatus = "green",
        },
        "configurationEx" => new ComputeResourceConfigInfo { VmSwapPlacement = "vmDirectory" },
        _ => null,
    };
}
