namespace VmProxy.Vsphere;

/// <summary>The properties of a host that are asked for, and what they mean.</summary>
static class HostMapper
{
    public const string Uuid = "summary.hardware.uuid";

    public static readonly IReadOnlyList<string> Paths =
    [
        "name",
        "parent",
        "runtime.connectionState",
        "runtime.inMaintenanceMode",
        "summary.config.product",
        "summary.config.sslThumbprint",
        Uuid,
        "datastore",
    ];

    public static Host Map(PropertySet properties)
    {
        var product = properties.Object<Vim.AboutInfo>("summary.config.product");
        return new Host
        {
            Id = properties.Id,
            Name = properties.Text("name") ?? properties.Id.Value,
            ConnectionState = properties.Text("runtime.connectionState") ?? "",
            InMaintenanceMode = properties.Flag("runtime.inMaintenanceMode") ?? false,
            Version = product?.Version ?? "",
            Build = product?.Build ?? "",
            Uuid = properties.Text(Uuid),
            Thumbprint = properties.Text("summary.config.sslThumbprint"),
            DatastoreIds = [.. properties.List<Vim.ManagedObjectReference>("datastore").Select(References.ToId)],
        };
    }
}
