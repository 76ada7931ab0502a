using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

internal sealed class ResourcePoolObject(LabState server) : EntityObject(server, "ResourcePool", server.Ids.ResourcePool)
{
    protected override string Name => "Resources";

    public override ManagedObjectReference? Parent => new(Server.Objects.ComputeResourceType, Server.Ids.ComputeResource);

    protected override object? GetOwn(string property) => property switch
    {
        "owner" => Parent,
        "resourcePool" => References([]),
        "vm" => References("VirtualMachine", Server.Inventory.Vms.Where(vm => !vm.Template).Select(vm => vm.Id)),
        "runtime" => Runtime,
        "summary" => new ResourcePoolSummary { Name = Name, Config = Config, Runtime = Runtime },
        "config" => Config,
        "childConfiguration" => new VimArray("ResourceConfigSpec", []),
        _ => null,
    };

    static ResourcePoolRuntimeInfo Runtime => new()
    {
        Memory = new ResourcePoolResourceUsage { MaxUsage = 256L << 30 },
        Cpu = new ResourcePoolResourceUsage { MaxUsage = 48_000 },
        OverallStatus = "green",
    };

    static ResourceConfigSpec Config => new() { CpuAllocation = Allocation, MemoryAllocation = Allocation };

    static ResourceAllocationInfo Allocation => new()
    {
        Reservation = 0,
        ExpandableReservation = true,
        Limit = -1,
        Shares = new SharesInfo { Shares = 4000, Level = "normal" },
    };
}
