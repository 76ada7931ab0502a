using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

internal sealed class VirtualMachineObject(LabState server, LabVm vm) : EntityObject(server, "VirtualMachine", vm.Id)
{
    public LabVm Vm => vm;

    protected override string Name => vm.Name;

    public override ManagedObjectReference? Parent => new("Folder", vm.ParentFolder);

    protected override VimArray RecentTasks => References("Task", Server.Tasks.Of(vm).TakeLast(5).Select(task => task.Id));

    protected override object? GetOwn(string property) => property switch
    {
        "config" => vm.ConfigAvailable ? VmConfig.Of(Server, vm) : null,
        "runtime" => VmRuntime.Runtime(Server, vm),
        "capability" => VmRuntime.Capability(vm),
        "guest" => VmRuntime.Guest(vm),
        "summary" => VmRuntime.Summary(Server, vm),
        "snapshot" => vm.Snapshots.Count == 0 ? null : VmSnapshotTree.Of(vm),
        "rootSnapshot" => References("VirtualMachineSnapshot", vm.Snapshots.Where(snapshot => snapshot.Parent is null).Select(snapshot => snapshot.Id)),
        "layoutEx" => vm.ConfigAvailable ? vm.Layout ??= VmLayout.Of(Server, vm) : null,
        "storage" => VmRuntime.Storage(Server, vm),
        "datastore" => References(
            "Datastore",
            vm.Disks.Select(disk => disk.Datastore.Id).Prepend(vm.Datastore.Id).Distinct()),
        "network" => References("Network", [Server.Ids.Network]),
        "resourcePool" => vm.Template ? null : new ManagedObjectReference("ResourcePool", Server.Ids.ResourcePool),
        "environmentBrowser" => new ManagedObjectReference("EnvironmentBrowser", "envbrowser-" + vm.Id),
        _ => null,
    };
}
