using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

internal sealed class DatacenterObject(LabState server) : EntityObject(server, "Datacenter", server.Ids.Datacenter)
{
    protected override string Name => Server.DatacenterName;

    public override ManagedObjectReference? Parent => new("Folder", Server.Ids.RootFolder);

    public override IEnumerable<ManagedObjectReference> Children =>
        new[] { Server.Ids.VmFolder, Server.Ids.HostFolder, Server.Ids.DatastoreFolder, Server.Ids.NetworkFolder }
            .Select(id => new ManagedObjectReference("Folder", id));

    protected override object? GetOwn(string property) => property switch
    {
        "vmFolder" => new ManagedObjectReference("Folder", Server.Ids.VmFolder),
        "hostFolder" => new ManagedObjectReference("Folder", Server.Ids.HostFolder),
        "datastoreFolder" => new ManagedObjectReference("Folder", Server.Ids.DatastoreFolder),
        "networkFolder" => new ManagedObjectReference("Folder", Server.Ids.NetworkFolder),
        "datastore" => References("Datastore", Server.Inventory.Datastores.Select(datastore => datastore.Id)),
        "network" => References("Network", [Server.Ids.Network]),
        "configuration" => new DatacenterConfigInfo(),
        _ => null,
    };
}
