using VmProxy.Lab.Model;
using VmProxy.Lab.Properties;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Operations;

/// <summary>Waiting for properties to change.</summary>
internal static class UpdateOperations
{
    const string Collector = "PropertyCollector";
    const int DefaultObjectUpdates = 1000;

    public static void Register(OperationTable table)
    {
        table.Add<CreatePropertyCollectorRequest>(Collector, CreateCollector);
        table.Add<DestroyPropertyCollectorRequest>(Collector, DestroyCollector);
        table.Add<CreateFilterRequest>(Collector, CreateFilter);
        table.Add<DestroyPropertyFilterRequest>("PropertyFilter", DestroyFilter);
        table.Add<WaitForUpdatesExRequest>(Collector, WaitAsync);
        table.Add<CancelWaitForUpdatesRequest>(Collector, CancelWait);
    }

    static object? CreateCollector(SoapCall call, CreatePropertyCollectorRequest request)
    {
        lock (call.Server.Inventory.Gate)
        {
            var collector = new UpdateCollector(call.Caller.NewObjectId());
            call.Caller.Collectors.Add(collector.Id, collector);
            return collector.Reference;
        }
    }

    static object? DestroyCollector(SoapCall call, DestroyPropertyCollectorRequest request)
    {
        if (request.This.Value == call.Server.Ids.PropertyCollector)
        {
            throw LabFault.NotSupported("The shared property collector cannot be destroyed.");
        }

        lock (call.Server.Inventory.Gate)
        {
            call.Caller.Collectors.Remove(request.This.Value, out var collector);
            collector?.CancelWait();
            return null;
        }
    }

    static object? CreateFilter(SoapCall call, CreateFilterRequest request)
    {
        lock (call.Server.Inventory.Gate)
        {
            FilterSelection.RunOrThrow(call.Server, call.Caller, request.Spec);
            var collector = call.Caller.Collectors[request.This.Value];
            var filter = new UpdateFilter(call.Caller.NewObjectId(), request.Spec, request.PartialUpdates, collector.Id);
            collector.Filters.Add(filter);
            call.Server.Inventory.Changed.Raise();
            return filter.Reference;
        }
    }

    static object? DestroyFilter(SoapCall call, DestroyPropertyFilterRequest request)
    {
        lock (call.Server.Inventory.Gate)
        {
            foreach (var collector in call.Caller.Collectors.Values)
            {
                collector.Filters.RemoveAll(filter => filter.Id == request.This.Value);
            }

            return null;
        }
    }

    static async ValueTask<object?> WaitAsync(SoapCall call, WaitForUpdatesExRequest request)
    {
        UpdateCollector collector;
        lock (call.Server.Inventory.Gate)
        {
            collector = call.Caller.Collectors[request.This.Value];
        }

        return await collector.WaitAsync(
            call.Server,
            call.Caller,
            request.Version ?? "",
            request.Options?.MaxWaitSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            request.Options?.MaxObjectUpdates ?? DefaultObjectUpdates,
            call.Cancellation);
    }

    static object? CancelWait(SoapCall call, CancelWaitForUpdatesRequest request)
    {
        lock (call.Server.Inventory.Gate)
        {
            call.Caller.Collectors[request.This.Value].CancelWait();
            return null;
        }
    }
}
