using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Operations;

/// <summary>What the user may do: everything but the privileges that the options take away.</summary>
internal static class PrivilegeOperations
{
    public static void Register(OperationTable table) => table.Add<HasPrivilegeOnEntitiesRequest>("AuthorizationManager", HasPrivileges);

    static object? HasPrivileges(SoapCall call, HasPrivilegeOnEntitiesRequest request) => request.Entity.ConvertAll(entity => new EntityPrivilege
    {
        Entity = entity,
        PrivAvailability = request.PrivId.ConvertAll(privilege => new PrivilegeAvailability
        {
            PrivId = privilege,
            IsGranted = !call.Server.Options.MissingPrivileges.Contains(privilege),
        }),
    });
}
