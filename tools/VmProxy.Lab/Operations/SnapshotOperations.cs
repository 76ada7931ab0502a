using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Operations;

/// <summary>Taking, removing and reverting snapshots, and consolidating disks.</summary>
internal static class SnapshotOperations
{
    const string Vm = "VirtualMachine";
    const string Snapshot = "VirtualMachineSnapshot";
    const string CreatePrivilege = "VirtualMachine.State.CreateSnapshot";
    const string RemovePrivilege = "VirtualMachine.State.RemoveSnapshot";
    const string RevertPrivilege = "VirtualMachine.State.RevertToSnapshot";

    public static void Register(OperationTable table)
    {
        table.Add<CreateSnapshotRequest>(
            Vm,
            (call, request) => Create(call, request, request.Name, request.Description, request.Memory, request.Quiesce ? new LabQuiesce() : null),
            CreatePrivilege);
        table.Add<CreateSnapshotExRequest>(
            Vm,
            (call, request) => Create(call, request, request.Name, request.Description, request.Memory, Quiesce(call.VmOf(request), request.QuiesceSpec)),
            CreatePrivilege);
        table.Add<RemoveSnapshotRequest>(Snapshot, Remove, RemovePrivilege);
        table.Add<RemoveAllSnapshotsRequest>(Vm, RemoveAll, RemovePrivilege);
        table.Add<RevertToSnapshotRequest>(Snapshot, Revert, RevertPrivilege);
        table.Add<ConsolidateVMDisksRequest>(Vm, Consolidate, RemovePrivilege);
    }

    static ManagedObjectReference Create(SoapCall call, VimRequest request, string name, string? description, bool memory, LabQuiesce? quiesce)
    {
        var vm = call.VmOf(request);
        if (memory && quiesce is not null)
        {
            throw LabFault.InvalidArgument("quiesce");
        }

        if (memory && vm.PowerState == "poweredOn")
        {
            throw LabFault.NotSupported("The lab takes no snapshots of memory.");
        }

        return TaskOperations.Start(call, request, vm, async cancellation =>
        {
            var snapshot = await call.Server.Snapshots.CreateAsync(vm, name, description ?? "", quiesce, cancellation);
            return new ManagedObjectReference(Snapshot, snapshot.Id);
        });
    }

    /// <summary>A strict reading: what speaks of VSS is for Windows guests, and its values are those of VSS.</summary>
    static LabQuiesce? Quiesce(LabVm vm, VirtualMachineGuestQuiesceSpec? spec) => spec switch
    {
        null => null,
        { Timeout: < 5 or > 240 } => throw LabFault.InvalidArgument("quiesceSpec.timeout"),
        VirtualMachineWindowsQuiesceSpec when !vm.IsWindows => throw LabFault.InvalidArgument("quiesceSpec"),
        VirtualMachineWindowsQuiesceSpec { VssBackupType: < 0 or > 6 } => throw LabFault.InvalidArgument("quiesceSpec.vssBackupType"),
        VirtualMachineWindowsQuiesceSpec { VssBackupContext: not (null or "ctx_auto" or "ctx_backup" or "ctx_file_share_backup") } =>
            throw LabFault.InvalidArgument("quiesceSpec.vssBackupContext"),
        VirtualMachineWindowsQuiesceSpec vss => new LabQuiesce(
            true, vss.VssBackupType, vss.VssBootableSystemState, vss.VssPartialFileSupport, vss.VssBackupContext),
        _ => new LabQuiesce(),
    };

    static object? Remove(SoapCall call, RemoveSnapshotRequest request)
    {
        var snapshot = call.SnapshotOf(request);
        return TaskOperations.Start(call, request, snapshot.Vm, () =>
        {
            IReadOnlyList<LabSnapshot> gone = request.RemoveChildren ? SnapshotEngine.WithChildren(snapshot) : [snapshot];
            call.Server.Snapshots.Remove(snapshot.Vm, gone, request.Consolidate ?? true);
            return null;
        });
    }

    static object? RemoveAll(SoapCall call, RemoveAllSnapshotsRequest request)
    {
        var vm = call.VmOf(request);
        return TaskOperations.Start(call, request, vm, () =>
        {
            call.Server.Snapshots.Remove(vm, [.. vm.Snapshots], request.Consolidate ?? true);
            return null;
        });
    }

    static object? Revert(SoapCall call, RevertToSnapshotRequest request)
    {
        var snapshot = call.SnapshotOf(request);
        return TaskOperations.Start(call, request, snapshot.Vm, async cancellation =>
        {
            await call.Server.Snapshots.RevertAsync(snapshot, cancellation);
            return null;
        });
    }

    static object? Consolidate(SoapCall call, ConsolidateVMDisksRequest request)
    {
        var vm = call.VmOf(request);
        return TaskOperations.Start(call, request, vm, () =>
        {
            call.Server.Snapshots.Consolidate(vm);
            return null;
        });
    }
}
