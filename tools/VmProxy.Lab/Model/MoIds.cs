using System.Globalization;

namespace VmProxy.Lab.Model;

/// <summary>Managed object ids in the style of the server that the lab plays.</summary>
internal sealed record MoIds(bool HostOnly)
{
    public string RootFolder => HostOnly ? "ha-folder-root" : "group-d1";

    public string Datacenter => HostOnly ? "ha-datacenter" : "datacenter-2";

    public string VmFolder => HostOnly ? "ha-folder-vm" : "group-v3";

    public string HostFolder => HostOnly ? "ha-folder-host" : "group-h4";

    public string DatastoreFolder => HostOnly ? "ha-folder-datastore" : "group-s5";

    public string NetworkFolder => HostOnly ? "ha-folder-network" : "group-n6";

    public string ComputeResource => HostOnly ? "ha-compute-res" : "domain-c7";

    public string ResourcePool => HostOnly ? "ha-root-pool" : "resgroup-8";

    public string Network => HostOnly ? "HaNetwork-VM Network" : "network-9";

    public string SessionManager => HostOnly ? "ha-sessionmgr" : "SessionManager";

    public string PropertyCollector => HostOnly ? "ha-property-collector" : "propertyCollector";

    public string TaskManager => HostOnly ? "ha-taskmgr" : "TaskManager";

    public string AuthorizationManager => HostOnly ? "ha-authmgr" : "AuthorizationManager";

    public string SearchIndex => HostOnly ? "ha-searchindex" : "SearchIndex";

    public string Host(int number) => HostOnly ? "ha-host" : Numbered("host", 10 + number);

    public string Datastore(int number, Guid uuid) => HostOnly ? uuid.ToString() : Numbered("datastore", 50 + number);

    public static string Folder(int number) => Numbered("group-v", 1000 + number).Replace("v-", "v", StringComparison.Ordinal);

    public string Vm(int number) => HostOnly ? number.ToString(CultureInfo.InvariantCulture) : Numbered("vm", 2000 + number);

    static string Numbered(string kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{number}");
}
