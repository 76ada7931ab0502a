using VmProxy.Lab.Model;
using VmProxy.Lab.Properties;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Operations;

/// <summary>Reading properties, a page at a time.</summary>
internal static class PropertyOperations
{
    const string Collector = "PropertyCollector";

    public static void Register(OperationTable table)
    {
        table.Add<RetrievePropertiesExRequest>(Collector, Retrieve);
        table.Add<RetrievePropertiesRequest>(Collector, RetrieveAll);
        table.Add<ContinueRetrievePropertiesExRequest>(Collector, Continue);
        table.Add<CancelRetrievePropertiesExRequest>(Collector, Cancel);
    }

    static object? Retrieve(SoapCall call, RetrievePropertiesExRequest request)
    {
        if (request.Options.MaxObjects is <= 0)
        {
            throw LabFault.InvalidArgument("options.maxObjects");
        }

        lock (call.Server.Inventory.Gate)
        {
            var most = call.Server.Options.MaxObjectsPerPage;
            var pages = new PendingPages(Select(call, request.SpecSet), Math.Min(most, request.Options.MaxObjects ?? most));
            var result = NextPage(call, Guid.NewGuid().ToString(), pages);
            return result.Objects.Count == 0 ? null : result;
        }
    }

    /// <summary>The operation of old clients, which takes everything at once.</summary>
    static object? RetrieveAll(SoapCall call, RetrievePropertiesRequest request)
    {
        lock (call.Server.Inventory.Gate)
        {
            return new PendingPages(Select(call, request.SpecSet), int.MaxValue).Next();
        }
    }

    static object? Continue(SoapCall call, ContinueRetrievePropertiesExRequest request)
    {
        lock (call.Server.Inventory.Gate)
        {
            return call.Caller.Pages.Remove(request.Token, out var pages)
                ? NextPage(call, request.Token, pages)
                : throw LabFault.InvalidArgument("token");
        }
    }

    static object? Cancel(SoapCall call, CancelRetrievePropertiesExRequest request)
    {
        lock (call.Server.Inventory.Gate)
        {
            return call.Caller.Pages.Remove(request.Token) ? null : throw LabFault.InvalidArgument("token");
        }
    }

    static RetrieveResult NextPage(SoapCall call, string token, PendingPages pages)
    {
        var result = new RetrieveResult { Objects = pages.Next() };
        if (!pages.Finished)
        {
            result.Token = token;
            call.Caller.Pages.Add(token, pages);
        }

        return result;
    }

    static List<SelectedObject> Select(SoapCall call, List<PropertyFilterSpec> specs) =>
        [.. specs.SelectMany(spec => FilterSelection.RunOrThrow(call.Server, call.Caller, spec).Objects)];
}
