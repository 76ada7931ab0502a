using VmProxy.Lab.Soap;

namespace VmProxy.Lab.Control;

/// <summary>What the VMs hold at one moment.</summary>
public sealed record LabStateReport(IReadOnlyList<LabVmReport> VirtualMachines, IReadOnlyList<LabDatastoreReport> Datastores, int Sessions)
{
    internal static LabStateReport Of(LabState state)
    {
        lock (state.Inventory.Gate)
        {
            return new LabStateReport(
                [
                    .. state.Inventory.Vms.Select(vm => new LabVmReport(
                        vm.Name,
                        vm.Id,
                        vm.PowerState,
                        vm.ChangeTrackingEnabled,
                        vm.ConsolidationNeeded,
                        [.. vm.Snapshots.Select(snapshot => new LabSnapshotReport(snapshot.Id, snapshot.Name, snapshot.Description))],
                        [
                            .. vm.Disks.Where(disk => disk.Tree is not null).Select(disk => new LabDiskReport(
                                disk.Key,
                                disk.Label,
                                disk.Layer!.Files.DatastorePath,
                                disk.Layer.Length,
                                disk.Layer.Files.Uuid,
                                disk.Mode,
                                disk.Attached is not null,
                                disk.DevicePath)),
                        ],
                        vm.Stopped)),
                ],
                [.. state.Inventory.Datastores.Select(datastore => new LabDatastoreReport(datastore.Name, datastore.Space.Capacity, datastore.Space.Free, datastore.Space.LowestFree))],
                state.Sessions.All.Count);
        }
    }
}

/// <summary>A VM. <paramref name="Stopped"/> counts how often its host stopped it because a write found no room.</summary>
public sealed record LabVmReport(
    string Name, string Id, string PowerState, bool ChangeTracking, bool ConsolidationNeeded,
    IReadOnlyList<LabSnapshotReport> Snapshots, IReadOnlyList<LabDiskReport> Disks, int Stopped);

/// <summary>A snapshot that exists.</summary>
public sealed record LabSnapshotReport(string Id, string Name, string Description);

/// <summary>A disk that a VM has.</summary>
/// <param name="Key">The device key.</param>
/// <param name="Label">Such as "Hard disk 1".</param>
/// <param name="FileName">As "[datastore] vm/disk.vmdk".</param>
/// <param name="Capacity">Bytes.</param>
/// <param name="Uuid">The disk's identity.</param>
/// <param name="Mode">A VirtualDiskMode.</param>
/// <param name="Foreign">Whether it is another VM's disk, attached here.</param>
/// <param name="DevicePath">Where a disk attached to the proxy VM appears on this machine.</param>
public sealed record LabDiskReport(int Key, string Label, string FileName, long Capacity, Guid Uuid, string Mode, bool Foreign, string? DevicePath);

/// <summary>A datastore's room as it really is, not as last refreshed.</summary>
/// <param name="Name">Name.</param>
/// <param name="Capacity">Bytes.</param>
/// <param name="Free">Free bytes now.</param>
/// <param name="LowestFree">The least that was ever free; 0 once anything was refused for lack of room.</param>
public sealed record LabDatastoreReport(string Name, long Capacity, long Free, long LowestFree);
