using VmProxy.Lab.Properties;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Operations;

/// <summary>Finding entities without walking the inventory.</summary>
internal static class SearchOperations
{
    const string Index = "SearchIndex";

    public static void Register(OperationTable table)
    {
        table.Add<FindByUuidRequest>(Index, FindByUuid);
        table.Add<FindByInventoryPathRequest>(Index, FindByPath);
        table.Add<FindByDatastorePathRequest>(Index, FindByDatastorePath);
        table.Add<FindChildRequest>(Index, FindChild);
    }

    static object? FindByUuid(SoapCall call, FindByUuidRequest request)
    {
        if (!request.VmSearch || !Guid.TryParse(request.Uuid, out var uuid))
        {
            return null;
        }

        lock (call.Server.Inventory.Gate)
        {
            var vm = call.Server.Inventory.Vms.Find(vm => (request.InstanceUuid == true ? vm.InstanceUuid : vm.BiosUuid) == uuid);
            return vm is null ? null : new ManagedObjectReference("VirtualMachine", vm.Id);
        }
    }

    static object? FindByDatastorePath(SoapCall call, FindByDatastorePathRequest request)
    {
        lock (call.Server.Inventory.Gate)
        {
            var vm = call.Server.Inventory.Vms.Find(vm => vm.ConfigurationPath == request.Path);
            return vm is null ? null : new ManagedObjectReference("VirtualMachine", vm.Id);
        }
    }

    static object? FindByPath(SoapCall call, FindByInventoryPathRequest request)
    {
        lock (call.Server.Inventory.Gate)
        {
            var entity = Entity(call, call.Server.Ids.RootFolder);
            foreach (var name in request.InventoryPath.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                entity = entity is null ? null : Child(call, entity, name);
            }

            return entity?.Reference;
        }
    }

    static object? FindChild(SoapCall call, FindChildRequest request)
    {
        lock (call.Server.Inventory.Gate)
        {
            return Entity(call, request.Entity.Value) is { } entity ? Child(call, entity, request.Name)?.Reference : null;
        }
    }

    static EntityObject? Child(SoapCall call, EntityObject entity, string name) =>
        entity.Children.Select(child => Entity(call, child.Value)).FirstOrDefault(child => child?.EntityName == name);

    static EntityObject? Entity(SoapCall call, string id) => call.Server.Objects.Find(id, call.Session) as EntityObject;
}
