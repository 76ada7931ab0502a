using VmProxy.Catalog;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Sessions;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Capacity;

/// <summary>The datastores of one vCenter with what lies on each, after a refresh.</summary>
sealed class VcenterCapacity
{
    readonly ILookup<ObjectId, VirtualMachine> _vms;
    readonly ILookup<ObjectId, (VirtualMachine Vm, VmStorage Storage)> _storage;

    internal VcenterCapacity(OpenedVcenter vcenter, Inventory inventory)
    {
        Vcenter = vcenter;
        Datastores = inventory.Datastores;
        _vms = inventory.VirtualMachines.SelectMany(vm => vm.DatastoreIds.Distinct().Select(id => (id, vm))).ToLookup(pair => pair.id, pair => pair.vm);

        // Layouts name datastores by name, which two datacenters may share: the VM's own list of datastores decides.
        var named = inventory.Datastores.ToLookup(datastore => datastore.Name, StringComparer.Ordinal);
        _storage = (from vm in inventory.VirtualMachines
                    from storage in vm.Storage
                    let found = named[storage.Datastore].FirstOrDefault(datastore => vm.DatastoreIds.Contains(datastore.Id))
                    where found is not null
                    select (found.Id, vm, storage)).ToLookup(one => one.Id, one => (one.vm, one.storage));
    }

    public OpenedVcenter Vcenter { get; }

    public string Uuid => Vcenter.Connection.InstanceUuid;

    public IReadOnlyList<Datastore> Datastores { get; }

    /// <summary>Those that a host reaches; what a server says of others is old.</summary>
    public IEnumerable<Datastore> Accessible => Datastores.Where(datastore => datastore.Accessible);

    /// <summary>vCenter's figures are cached for minutes: asked to refresh, it tells the present ones.</summary>
    public static async Task<VcenterCapacity> ReadAsync(OpenedVcenter vcenter, List<Failure> warnings, CancellationToken cancellationToken)
    {
        var refused = await vcenter.Connection.Datastores.RefreshAllAsync(cancellationToken).ConfigureAwait(false);
        var inventory = await vcenter.Connection.ReadInventoryAsync(cancellationToken).ConfigureAwait(false);
        var names = inventory.Datastores.ToDictionary(datastore => datastore.Id, datastore => datastore.Name);
        warnings.AddRange(refused.Select(one => Expected.Failure(one.Value, vcenter.Name, "refresh")! with
        {
            Object = names.GetValueOrDefault(one.Key, one.Key.ToString()),
        }));
        return new VcenterCapacity(vcenter, inventory);
    }

    public IEnumerable<VirtualMachine> VmsOn(Datastore datastore) => _vms[datastore.Id];

    public IEnumerable<(VirtualMachine Vm, VmStorage Storage)> StorageOn(Datastore datastore) => _storage[datastore.Id];

    /// <summary>Keeps a sample of each datastore, and of what VMs take.</summary>
    public async Task RecordAsync(CatalogDatabase catalog, DateTimeOffset taken, CancellationToken cancellationToken)
    {
        await catalog.Capacity.RecordAsync(
            Accessible.Select(datastore => (new DatastoreRecord(Uuid, datastore.Id.ToString(), datastore.Name, datastore.TypeName), Sample(datastore, taken))),
            cancellationToken).ConfigureAwait(false);
        await catalog.VmSpaces.RecordAsync(
            Uuid,
            taken,
            Accessible.Select(datastore => (datastore.Id.ToString(), (IReadOnlyList<VmSpaceRecord>)
                [.. StorageOn(datastore).Select(one => new VmSpaceRecord(one.Vm.Id.ToString(), one.Vm.Name, one.Storage.Bytes))])),
            cancellationToken).ConfigureAwait(false);
    }

    CapacitySample Sample(Datastore datastore, DateTimeOffset taken)
    {
        var snapshots = VmsOn(datastore).SelectMany(vm => vm.Snapshots).ToArray();
        return new CapacitySample
        {
            TakenAt = taken,
            CapacityBytes = datastore.CapacityBytes,
            FreeBytes = datastore.FreeBytes,
            UncommittedBytes = datastore.UncommittedBytes,
            ProvisionedBytes = datastore.CapacityBytes - datastore.FreeBytes + datastore.UncommittedBytes,
            SnapshotBytes = StorageOn(datastore).Sum(one => one.Storage.SnapshotBytes),
            SnapshotCount = snapshots.Length,
            OldestSnapshotAt = snapshots.Length == 0 ? null : snapshots.Min(snapshot => snapshot.Created),
            SwapBytes = StorageOn(datastore).Sum(one => one.Storage.SwapBytes),
            VmCount = VmsOn(datastore).Count(),
        };
    }
}
