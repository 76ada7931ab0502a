using System.Globalization;
using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

internal sealed class TaskObject(LabTask task) : ManagedObject("Task", task.Id)
{
    static readonly Dictionary<string, string> Descriptions = new(StringComparer.Ordinal)
    {
        ["CreateSnapshot_Task"] = "VirtualMachine.createSnapshot",
        ["CreateSnapshotEx_Task"] = "VirtualMachine.createSnapshotEx",
        ["RemoveSnapshot_Task"] = "vm.Snapshot.remove",
        ["RevertToSnapshot_Task"] = "vm.Snapshot.revert",
        ["RemoveAllSnapshots_Task"] = "VirtualMachine.removeAllSnapshots",
        ["ConsolidateVMDisks_Task"] = "VirtualMachine.consolidateDisks",
        ["ReconfigVM_Task"] = "VirtualMachine.reconfigure",
        ["PowerOnVM_Task"] = "VirtualMachine.powerOn",
        ["PowerOffVM_Task"] = "VirtualMachine.powerOff",
        ["SearchDatastore_Task"] = "host.DatastoreBrowser.search",
        ["SearchDatastoreSubFolders_Task"] = "host.DatastoreBrowser.searchSubFolders",
    };

    public LabTask Task => task;

    public override object? Get(string property) => property == "info" ? Info : null;

    /// <summary>As a real server fills it: the entity is the VM also when the operation was called on a snapshot.</summary>
    TaskInfo Info => new()
    {
        Key = task.Id,
        Task = Reference,
        Name = task.Operation,
        DescriptionId = Descriptions.GetValueOrDefault(task.Operation, task.Operation),
        Entity = task.Vm is { } vm ? new ManagedObjectReference("VirtualMachine", vm.Id) : null,
        EntityName = task.Vm?.Name,
        Locked = task is { State: "running", Vm: { } held } ? [new ManagedObjectReference("VirtualMachine", held.Id)] : [],
        State = task.State,
        Cancelled = task.Cancelled,
        Cancelable = true,
        Error = task.Error is { } error ? FaultXml.ToLocalized(error) : null,
        Result = task.Result,
        Progress = task.State == "running" ? 0 : null,
        Reason = new TaskReasonUser { UserName = task.User },
        QueueTime = task.Queued,
        StartTime = task.Started,
        CompleteTime = task.Completed,
        EventChainId = int.Parse(task.Id[(task.Id.LastIndexOf('-') + 1)..], CultureInfo.InvariantCulture),
    };
}

internal sealed class TaskManagerObject(LabState server) : ManagedObject("TaskManager", server.Ids.TaskManager)
{
    public override object? Get(string property) => property == "maxCollector" ? 32 : null;
}
