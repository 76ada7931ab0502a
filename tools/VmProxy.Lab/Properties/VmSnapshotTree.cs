using VmProxy.Lab.Model;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>A VM's snapshots as a tree.</summary>
internal static class VmSnapshotTree
{
    public static VirtualMachineSnapshotInfo Of(LabVm vm) => new()
    {
        CurrentSnapshot = vm.CurrentSnapshot is { } current ? Reference(current) : null,
        RootSnapshotList = Below(vm, null),
    };

    static List<VirtualMachineSnapshotTree> Below(LabVm vm, LabSnapshot? parent) =>
    [
        .. vm.Snapshots.Where(snapshot => snapshot.Parent == parent).Select(snapshot => new VirtualMachineSnapshotTree
        {
            Snapshot = Reference(snapshot),
            Vm = new ManagedObjectReference("VirtualMachine", vm.Id),
            Name = snapshot.Name,
            Description = snapshot.Description,
            Id = snapshot.Number,
            CreateTime = snapshot.Created,
            State = snapshot.PowerState,
            Quiesced = snapshot.Quiesced,
            ChildSnapshotList = Below(vm, snapshot),
            ReplaySupported = false,
        }),
    ];

    static ManagedObjectReference Reference(LabSnapshot snapshot) => new("VirtualMachineSnapshot", snapshot.Id);
}
