using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>An object that has operations but no properties worth reading.</summary>
internal sealed class PlainObject(string type, string id) : ManagedObject(type, id)
{
    public override object? Get(string property) => null;
}

internal sealed class ServiceInstanceObject(LabState server) : ManagedObject("ServiceInstance", "ServiceInstance")
{
    public override object? Get(string property) => property switch
    {
        "serverClock" => server.Options.Clock.GetUtcNow(),
        "capability" => new Capability { ProvisioningSupported = true, MultiHostSupported = !server.Options.HostOnly },
        "content" => server.Content,
        _ => null,
    };
}

/// <summary>The session manager as one session sees it.</summary>
internal sealed class SessionManagerObject(LabState server, LabSession? caller) : ManagedObject("SessionManager", server.Ids.SessionManager)
{
    public override object? Get(string property) => property switch
    {
        "currentSession" => caller is null ? null : Describe(caller),
        "sessionList" => new VimArray("UserSession", [.. server.Sessions.All.Select(Describe)]),
        "messageLocaleList" or "supportedLocaleList" => Strings("en"),
        "defaultLocale" => "en",
        _ => null,
    };

    public static UserSession Describe(LabSession session) => new()
    {
        Key = session.Key,
        UserName = session.User,
        FullName = session.User,
        LoginTime = session.Login,
        LastActiveTime = session.LastActive,
        Locale = "en",
        MessageLocale = "en",
        ExtensionSession = false,
        IpAddress = "127.0.0.1",
        UserAgent = "",
        CallCount = session.Calls,
    };
}

internal sealed class HostStorageSystemObject(LabState server, LabHost host, string id) : ManagedObject("HostStorageSystem", id)
{
    public override object? Get(string property) => property switch
    {
        "storageDeviceInfo" => HostStorage.Devices(server.Inventory, host),
        "fileSystemVolumeInfo" => HostStorage.Volumes(server.Inventory, host),
        _ => null,
    };
}

internal sealed class DatastoreListObject(LabState server, string type, string id) : ManagedObject(type, id)
{
    public override object? Get(string property) => property == "datastore"
        ? References("Datastore", server.Inventory.Datastores.Select(datastore => datastore.Id))
        : null;
}

internal sealed class DatastoreBrowserObject(string id, ManagedObjectReference datastore) : ManagedObject("HostDatastoreBrowser", id)
{
    public override object? Get(string property) => property == "datastore" ? References([datastore]) : null;
}
