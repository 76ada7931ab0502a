namespace VmProxy.Vsphere;

/// <summary>Reads everything that backup needs to know in one paged pass.</summary>
sealed class InventoryReader(VcenterCaller caller, PropertyReader properties)
{
    static readonly string[] NameAndParent = ["name", "parent"];

    static readonly IReadOnlyList<(string Type, IReadOnlyList<string> Paths)> Types =
    [
        ("VirtualMachine", VirtualMachineMapper.Paths),
        ("Datastore", DatastoreMapper.Paths),
        ("HostSystem", HostMapper.Paths),
        ("Datacenter", NameAndParent),
        ("Folder", NameAndParent),
        ("ComputeResource", NameAndParent),
    ];

    public Task<Inventory> ReadAsync(CancellationToken cancellationToken) => caller.WithNewViewAsync(PassAsync, cancellationToken);

    /// <summary>The hardware uuid of the only host; null when there are several, or it gives none.</summary>
    public Task<string?> ReadHostUuidAsync(CancellationToken cancellationToken) => caller.WithNewViewAsync(HostUuidAsync, cancellationToken);

    async Task<string?> HostUuidAsync(CancellationToken cancellationToken)
    {
        List<string?> uuids = [];
        await foreach (var found in properties.ScanAsync(
            caller.Content.RootFolder, [("HostSystem", [HostMapper.Uuid])], caller.Options.PageSize, cancellationToken).ConfigureAwait(false))
        {
            uuids.Add(found.Text(HostMapper.Uuid));
        }

        return uuids.Count == 1 ? uuids[0] : null;
    }

    async Task<Inventory> PassAsync(CancellationToken cancellationToken)
    {
        var tree = new InventoryTree(caller.Content.RootFolder.ToId());
        List<(VirtualMachine Vm, ObjectId? Parent)> machines = [];
        List<(Datastore Datastore, ObjectId? Parent)> datastores = [];
        List<(Host Host, ObjectId? Parent)> hosts = [];
        List<InventoryWarning> warnings = [];
        var seen = new HashSet<ObjectId>();
        await foreach (var found in properties.ScanAsync(
            caller.Content.RootFolder, Types, caller.Options.PageSize, cancellationToken).ConfigureAwait(false))
        {
            if (!seen.Add(found.Id))
            {
                continue;
            }

            warnings.AddRange(found.Warnings);
            switch (found.Id.Type)
            {
                case "VirtualMachine":
                    machines.Add((VirtualMachineMapper.Map(found), found.Reference("parent")));
                    break;
                case "Datastore":
                    datastores.Add((DatastoreMapper.Map(found), found.Reference("parent")));
                    break;
                case "HostSystem":
                    hosts.Add((HostMapper.Map(found), found.Reference("parent")));
                    break;
                default:
                    tree.Add(found);
                    break;
            }
        }

        var datacenters = tree.Datacenters();
        var placed = hosts.ToDictionary(item => item.Host.Id, item => item.Host with
        {
            Datacenter = tree.DatacenterOf(item.Parent),
            Cluster = tree.ClusterOf(item.Parent),
        });
        return new Inventory(
            Sorted(machines.Select(item => Place(item.Vm, item.Parent, tree, placed)), vm => vm.Name),
            Sorted(
                datastores.Select(item => item.Datastore with { Datacenter = tree.DatacenterOf(item.Parent) }),
                datastore => datastore.Name),
            Sorted(placed.Values, host => host.Name),
            datacenters)
        {
            Warnings = warnings,
        };
    }

    // A VM in a vApp has no parent folder; its host tells the datacenter.
    static VirtualMachine Place(VirtualMachine vm, ObjectId? parent, InventoryTree tree, Dictionary<ObjectId, Host> hosts) => vm with
    {
        Datacenter = tree.DatacenterOf(parent) ?? (vm.HostId is { } host ? hosts.GetValueOrDefault(host)?.Datacenter : null),
        FolderPath = tree.FolderPathOf(parent),
    };

    static T[] Sorted<T>(IEnumerable<T> items, Func<T, string> name) => [.. items.OrderBy(name, StringComparer.OrdinalIgnoreCase)];
}
