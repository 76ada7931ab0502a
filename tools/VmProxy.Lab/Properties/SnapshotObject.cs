using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

internal sealed class SnapshotObject(LabState server, LabSnapshot snapshot) : ManagedObject("VirtualMachineSnapshot", snapshot.Id)
{
    public LabSnapshot Snapshot => snapshot;

    public override object? Get(string property) => property switch
    {
        "config" => VmConfig.Of(server, snapshot),
        "childSnapshot" => References(
            "VirtualMachineSnapshot",
            snapshot.Vm.Snapshots.Where(other => other.Parent == snapshot).Select(other => other.Id)),
        "vm" => new ManagedObjectReference("VirtualMachine", snapshot.Vm.Id),
        "value" => new VimArray("CustomFieldValue", []),
        "availableField" => new VimArray("CustomFieldDef", []),
        _ => null,
    };
}
