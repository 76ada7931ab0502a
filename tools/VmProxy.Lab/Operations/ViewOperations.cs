using VmProxy.Lab.Model;
using VmProxy.Lab.Properties;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Operations;

/// <summary>Container views.</summary>
internal static class ViewOperations
{
    public static void Register(OperationTable table)
    {
        table.Add<CreateContainerViewRequest>("ViewManager", Create);
        table.Add<DestroyViewRequest>("View", Destroy);
    }

    static object? Create(SoapCall call, CreateContainerViewRequest request)
    {
        if (call.Server.Objects.Find(request.Container.Value, call.Session) is not EntityObject container
            || container is VirtualMachineObject or DatastoreObject or NetworkObject)
        {
            throw LabFault.InvalidArgument("container");
        }

        if (request.Type.Find(type => !VimSchema.ManagedObjects.ContainsKey(type)) is { } unknown)
        {
            throw LabFault.InvalidArgument($"type {unknown}");
        }

        lock (call.Server.Inventory.Gate)
        {
            var view = new ContainerViewObject(call.Server, call.Caller.NewObjectId(), container, request.Type, request.Recursive);
            call.Caller.Views.Add(view.Id, view);
            return view.Reference;
        }
    }

    static object? Destroy(SoapCall call, DestroyViewRequest request)
    {
        lock (call.Server.Inventory.Gate)
        {
            call.Caller.Views.Remove(request.This.Value);
            return null;
        }
    }
}
