using VmProxy.Vsphere;

namespace VmProxy.Engine.Guard;

/// <summary>A datastore and the disks whose writes a snapshot turns there; no disk for the home, which receives the snapshot's own small files.</summary>
sealed record DeltaPlace(Datastore Datastore, IReadOnlyList<VirtualDisk> Disks);

/// <summary>
/// Where a snapshot's deltas go. By default each lies beside its disk (Broadcom KB 304387); with a working directory of its own the VM may keep all of
/// them there (KB 420124), depending on an option that the inventory does not show. Then both places are charged.
/// </summary>
static class DeltaPlaces
{
    /// <summary>The datastores that receive anything of a snapshot of the VM, by name.</summary>
    public static IReadOnlyList<DeltaPlace> Of(VirtualMachine vm, Inventory inventory)
    {
        var disks = vm.Disks.Where(IsInSnapshots).ToArray();
        var home = Named(vm.VmxPath);
        var directory = Named(vm.SnapshotDirectory);
        var places = new List<(Datastore Datastore, VirtualDisk? Disk)>();
        Add(home, null);
        foreach (var disk in disks)
        {
            Add(inventory.Datastores.FirstOrDefault(datastore => datastore.Id == disk.DatastoreId) ?? Named(disk.FileName) ?? home, disk);
            if (directory?.Id != home?.Id)
            {
                Add(directory, disk);
            }
        }

        return
        [
            .. places.GroupBy(place => place.Datastore.Id)
                .Select(group => new DeltaPlace(group.First().Datastore, [.. group.Select(place => place.Disk).OfType<VirtualDisk>().Distinct()]))
                .OrderBy(place => place.Datastore.Name, StringComparer.Ordinal),
        ];

        void Add(Datastore? datastore, VirtualDisk? disk)
        {
            if (datastore is not null)
            {
                places.Add((datastore, disk));
            }
        }

        Datastore? Named(string? file) => Find(file, vm, inventory);
    }

    /// <summary>The datastore that a file's name begins with; names are unique within a datacenter only.</summary>
    public static Datastore? Find(string? file, VirtualMachine vm, Inventory inventory)
    {
        var end = file?.IndexOf(']', StringComparison.Ordinal) ?? -1;
        if (end < 2 || file![0] != '[')
        {
            return null;
        }

        var fitting = inventory.Datastores.Where(datastore => datastore.Name == file[1..end]).ToArray();
        return fitting.FirstOrDefault(datastore => vm.DatastoreIds.Contains(datastore.Id)) ?? fitting.FirstOrDefault();
    }

    static bool IsInSnapshots(VirtualDisk disk) => !disk.DiskMode.StartsWith("independent", StringComparison.Ordinal)
        && disk.BackingKind is not (DiskBackingKind.RdmPhysical or DiskBackingKind.LocalPmem);
}
