using VmProxy.Vsphere;

namespace VmProxy.Transports;

/// <summary>A disk that is to be read.</summary>
/// <param name="Vm">The VM that is backed up.</param>
/// <param name="Snapshot">The snapshot that freezes the disk.</param>
/// <param name="Disk">The disk as the snapshot has it: its file, uuid and capacity are those of the frozen state.</param>
public sealed record SnapshotDiskRequest(VirtualMachine Vm, ObjectId Snapshot, VirtualDisk Disk)
{
    /// <summary>How messages call the disk.</summary>
    public string DisplayName => $"{Disk.Label} of {Vm.Name} ({Disk.FileName})";
}
