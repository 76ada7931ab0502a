using VmProxy.Lab.Model;
using VmProxy.Lab.Operations;
using VmProxy.Lab.Properties;
using VmProxy.Vim25;

namespace VmProxy.Lab.Soap;

/// <summary>Which handler serves which operation on which managed object type.</summary>
internal sealed class OperationTable
{
    readonly Dictionary<string, List<Entry>> _entries = new(StringComparer.Ordinal);

    public static OperationTable Create()
    {
        var table = new OperationTable();
        SessionOperations.Register(table);
        PropertyOperations.Register(table);
        UpdateOperations.Register(table);
        ViewOperations.Register(table);
        SearchOperations.Register(table);
        TaskOperations.Register(table);
        SnapshotOperations.Register(table);
        VirtualMachineOperations.Register(table);
        ReconfigureOperations.Register(table);
        ChangedAreaOperations.Register(table);
        DatastoreOperations.Register(table);
        PrivilegeOperations.Register(table);
        return table;
    }

    /// <summary>Adds a handler. <paramref name="type"/> is the managed object type that has the operation, or a base of it.</summary>
    public void Add<TRequest>(
        string type, Func<SoapCall, TRequest, ValueTask<object?>> handler, string? privilege = null, bool anonymous = false)
        where TRequest : VimRequest, new()
    {
        var operation = new TRequest().OperationName;
        if (!_entries.TryGetValue(operation, out var entries))
        {
            _entries.Add(operation, entries = []);
        }

        entries.Add(new Entry(type, (call, request) => handler(call, (TRequest)request), privilege, anonymous));
    }

    public void Add<TRequest>(string type, Func<SoapCall, TRequest, object?> handler, string? privilege = null, bool anonymous = false)
        where TRequest : VimRequest, new() =>
        Add<TRequest>(type, (call, request) => ValueTask.FromResult(handler(call, request)), privilege, anonymous);

    /// <summary>Runs the request, or throws the fault that a server would answer with.</summary>
    public async ValueTask<object?> RunAsync(SoapCall call, VimRequest request)
    {
        var entries = _entries.GetValueOrDefault(request.OperationName)
            ?? throw new LabFault(
                "MethodNotFound",
                $"The lab does not know {request.OperationName}.",
                ("receiver", request.This),
                ("method", request.OperationName));
        if (call.Session is null && !entries.TrueForAll(entry => entry.Anonymous))
        {
            throw new LabFault(
                "NotAuthenticated",
                "The session is not authenticated.",
                ("object", request.This),
                ("privilegeId", "System.View"));
        }

        var target = Find(call, request.This.Value)
            ?? throw new LabFault(
                "ManagedObjectNotFound",
                "The object has already been deleted or has not been completely created",
                ("obj", request.This));
        var entry = entries.Find(entry => VimSchema.IsA(target.Type, entry.Type))
            ?? throw new LabFault(
                "MethodNotFound",
                $"{target.Type} has no {request.OperationName}.",
                ("receiver", request.This),
                ("method", request.OperationName));
        if (entry.Privilege is { } privilege && call.Server.Options.MissingPrivileges.Contains(privilege))
        {
            throw new LabFault(
                "NoPermission",
                "Permission to perform this operation was denied.",
                ("object", request.This),
                ("privilegeId", privilege));
        }

        return await entry.Handler(call, request);
    }

    static ManagedObject? Find(SoapCall call, string id)
    {
        lock (call.Server.Inventory.Gate)
        {
            return call.Server.Objects.Find(id, call.Session);
        }
    }

    sealed record Entry(string Type, SoapHandler Handler, string? Privilege, bool Anonymous);
}
