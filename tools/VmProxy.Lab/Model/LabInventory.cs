using VmProxy.Lab.Storage;

namespace VmProxy.Lab.Model;

/// <summary>Everything that the server manages. Guarded by <see cref="Gate"/>.</summary>
internal sealed class LabInventory(LabOptions options)
{
    public LabOptions Options => options;

    public Lock Gate { get; } = new();

    public ChangeSignal Changed { get; } = new();

    public Guid InstanceUuid { get; } = Guid.NewGuid();

    public List<LabDatastore> Datastores { get; } = [];

    public List<LabHost> Hosts { get; } = [];

    public List<LabFolder> VmFolders { get; } = [];

    public List<LabVm> Vms { get; } = [];

    public LabVm VmNamed(string name)
    {
        lock (Gate)
        {
            return Vms.Find(vm => vm.Name == name) ?? throw new KeyNotFoundException($"The lab has no virtual machine '{name}'.");
        }
    }

    /// <summary>The disk and the link that a descriptor's datastore path names; null when there is none.</summary>
    public (LabVm Owner, LabDisk Disk, DiskLayer Layer)? FindDiskFile(string datastorePath)
    {
        lock (Gate)
        {
            foreach (var vm in Vms)
            {
                foreach (var disk in vm.Disks.Concat(vm.Snapshots.SelectMany(snapshot => snapshot.AllDisks)))
                {
                    if (disk is { Attached: null, Tree: { } tree } && tree.Layers.FirstOrDefault(Named) is { } layer)
                    {
                        return (vm, disk, layer);
                    }
                }
            }

            return null;
        }

        bool Named(DiskLayer layer) => layer.Files.DatastorePath == datastorePath;
    }
}

/// <summary>An ESXi host.</summary>
internal sealed record LabHost(string Id, string Name);

/// <summary>A folder of VMs; the topmost is the datacenter's.</summary>
internal sealed record LabFolder(string Id, string Name, string? ParentId);
