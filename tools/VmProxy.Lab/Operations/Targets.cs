using VmProxy.Lab.Model;
using VmProxy.Lab.Properties;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Operations;

/// <summary>The lab's own objects behind a call's references. The operation table has checked that they exist and are of the type.</summary>
internal static class Targets
{
    public static LabVm VmOf(this SoapCall call, VimRequest request) =>
        ((VirtualMachineObject)call.Server.Objects.Find(request.This.Value, call.Session)!).Vm;

    public static LabSnapshot SnapshotOf(this SoapCall call, VimRequest request) =>
        call.Server.Objects.Find(request.This.Value, call.Session) is SnapshotObject snapshot
            ? snapshot.Snapshot
            : throw new LabFault(
                "ManagedObjectNotFound",
                "The object has already been deleted or has not been completely created",
                ("obj", request.This));
}
