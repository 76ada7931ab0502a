using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

internal sealed class NetworkObject(LabState server) : EntityObject(server, "Network", server.Ids.Network)
{
    protected override string Name => "VM Network";

    public override ManagedObjectReference? Parent => new("Folder", Server.Ids.NetworkFolder);

    protected override object? GetOwn(string property) => property switch
    {
        "summary" => new NetworkSummary { Network = Reference, Name = Name, Accessible = true, IpPoolName = "" },
        "host" => References("HostSystem", Server.Inventory.Hosts.Select(host => host.Id)),
        "vm" => References("VirtualMachine", Server.Inventory.Vms.Select(vm => vm.Id)),
        _ => null,
    };
}
