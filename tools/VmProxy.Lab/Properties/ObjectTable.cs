using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>Finds managed objects by id: those of the inventory, those of tasks and snapshots, and those of one session.</summary>
internal sealed class ObjectTable
{
    readonly LabState _server;
    readonly Dictionary<string, ManagedObject> _fixed = new(StringComparer.Ordinal);

    public ObjectTable(LabState server)
    {
        _server = server;
        AddServices();
        AddTree();
    }

    public string ComputeResourceType => _server.Options.HostOnly ? "ComputeResource" : "ClusterComputeResource";

    public ManagedObject? Find(string id, LabSession? session)
    {
        if (id == _server.Ids.SessionManager)
        {
            return new SessionManagerObject(_server, session);
        }

        if (session is not null && FindInSession(id, session) is { } own)
        {
            return own;
        }

        if (_fixed.TryGetValue(id, out var known))
        {
            return known;
        }

        if (_server.Tasks.Find(id) is { } task)
        {
            return new TaskObject(task);
        }

        lock (_server.Inventory.Gate)
        {
            return _server.Inventory.Vms.SelectMany(vm => vm.Snapshots).FirstOrDefault(snapshot => snapshot.Id == id) is { } snapshot
                ? new SnapshotObject(_server, snapshot)
                : null;
        }
    }

    static ManagedObject? FindInSession(string id, LabSession session) =>
        session.Views.TryGetValue(id, out var view) ? view
        : session.Collectors.TryGetValue(id, out var collector) ? collector
        : session.Collectors.Values.SelectMany(collector => collector.Filters).FirstOrDefault(filter => filter.Id == id);

    void AddServices()
    {
        var ids = _server.Ids;
        Add(new ServiceInstanceObject(_server));
        Add(new PlainObject("PropertyCollector", ids.PropertyCollector));
        Add(new PlainObject("ViewManager", "ViewManager"));
        Add(new PlainObject("SearchIndex", ids.SearchIndex));
        Add(new PlainObject("AuthorizationManager", ids.AuthorizationManager));
        Add(new TaskManagerObject(_server));
    }

    void AddTree()
    {
        var (server, ids, inventory) = (_server, _server.Ids, _server.Inventory);
        var datacenter = new DatacenterObject(server);
        Add(datacenter);
        AddFolder(ids.RootFolder, server.Options.HostOnly ? "ha-folder-root" : "Datacenters", null, ["Folder", "Datacenter"], () => [datacenter.Reference]);
        AddFolder(ids.HostFolder, "host", datacenter.Reference, ["Folder", "ComputeResource"], () => [new(ComputeResourceType, ids.ComputeResource)]);
        AddFolder(
            ids.DatastoreFolder,
            "datastore",
            datacenter.Reference,
            ["Folder", "Datastore"],
            () => inventory.Datastores.Select(datastore => new ManagedObjectReference("Datastore", datastore.Id)));
        AddFolder(ids.NetworkFolder, "network", datacenter.Reference, ["Folder", "Network"], () => [new("Network", ids.Network)]);
        foreach (var folder in inventory.VmFolders)
        {
            AddFolder(
                folder.Id,
                folder.Name,
                folder.ParentId is null ? datacenter.Reference : new ManagedObjectReference("Folder", folder.ParentId),
                ["Folder", "VirtualMachine"],
                () => inventory.VmFolders.Where(other => other.ParentId == folder.Id).Select(other => new ManagedObjectReference("Folder", other.Id))
                    .Concat(inventory.Vms.Where(vm => vm.ParentFolder == folder.Id).Select(vm => new ManagedObjectReference("VirtualMachine", vm.Id))));
        }

        Add(new ComputeResourceObject(server));
        Add(new ResourcePoolObject(server));
        Add(new NetworkObject(server));
        foreach (var (labHost, host) in inventory.Hosts.Select(host => (host, new HostObject(server, host))))
        {
            Add(host);
            Add(new HostStorageSystemObject(server, labHost, host.StorageSystemId));
            Add(new DatastoreListObject(server, "HostDatastoreSystem", host.DatastoreSystemId));
            Add(new DatastoreListObject(server, "HostDatastoreBrowser", "datastoreBrowser-" + host.Id));
        }

        foreach (var datastore in inventory.Datastores.Select(datastore => new DatastoreObject(server, datastore)))
        {
            Add(datastore);
            Add(new DatastoreBrowserObject(datastore.BrowserId, datastore.Reference));
        }

        foreach (var vm in inventory.Vms)
        {
            Add(new VirtualMachineObject(server, vm));
            Add(new PlainObject("EnvironmentBrowser", "envbrowser-" + vm.Id));
        }
    }

    void AddFolder(string id, string name, ManagedObjectReference? parent, string[] types, Func<IEnumerable<ManagedObjectReference>> children) =>
        Add(new FolderObject(_server, id, name, parent, types, children));

    void Add(ManagedObject target) => _fixed.Add(target.Id, target);
}
