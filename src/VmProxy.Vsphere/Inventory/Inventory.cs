namespace VmProxy.Vsphere;

/// <summary>What one pass over the inventory found.</summary>
/// <param name="VirtualMachines">All VMs and templates, also orphaned and inaccessible ones, by name.</param>
/// <param name="Datastores">All datastores, by name.</param>
/// <param name="Hosts">All hosts, by name.</param>
/// <param name="Datacenters">All datacenters, by path.</param>
public sealed record Inventory(
    IReadOnlyList<VirtualMachine> VirtualMachines,
    IReadOnlyList<Datastore> Datastores,
    IReadOnlyList<Host> Hosts,
    IReadOnlyList<Datacenter> Datacenters)
{
    /// <summary>Properties that the server would not give, with its reason.</summary>
    public IReadOnlyList<InventoryWarning> Warnings { get; init; } = [];
}

/// <summary>A property that could not be read.</summary>
/// <param name="Object">The object.</param>
/// <param name="Path">The property.</param>
/// <param name="FaultType">The server's fault type, for example <c>NoPermission</c>.</param>
/// <param name="Message">The server's words; may be empty.</param>
public sealed record InventoryWarning(ObjectId Object, string Path, string FaultType, string Message);

/// <summary>A datacenter.</summary>
/// <param name="Id">Identity.</param>
/// <param name="Name">Name as the server stores it; <c>/</c>, <c>\</c> and <c>%</c> appear as %2f, %5c and %25.</param>
/// <param name="Path">Folders above it and its name, joined by <c>/</c>; what the datastore browser's <c>dcPath</c> wants.</param>
public sealed record Datacenter(ObjectId Id, string Name, string Path);
