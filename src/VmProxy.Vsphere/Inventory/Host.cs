namespace VmProxy.Vsphere;

/// <summary>An ESXi host.</summary>
public sealed record Host
{
    /// <summary>Identity.</summary>
    public required ObjectId Id { get; init; }

    /// <summary>Name or address, as the inventory shows it.</summary>
    public required string Name { get; init; }

    /// <summary>Datacenter; null when the user may not see it.</summary>
    public Datacenter? Datacenter { get; init; }

    /// <summary>The cluster that it belongs to; null for a host of its own.</summary>
    public string? Cluster { get; init; }

    /// <summary><c>connected</c>, <c>disconnected</c> or <c>notResponding</c>.</summary>
    public string ConnectionState { get; init; } = "";

    /// <summary>Whether it is in maintenance mode.</summary>
    public bool InMaintenanceMode { get; init; }

    /// <summary>Product version, for example <c>7.0.3</c>; empty when unknown.</summary>
    public string Version { get; init; } = "";

    /// <summary>Build number; empty when unknown.</summary>
    public string Build { get; init; } = "";

    /// <summary>Hardware uuid; null when unknown.</summary>
    public string? Uuid { get; init; }

    /// <summary>SHA-1 thumbprint of its certificate as vCenter knows it; null when unknown.</summary>
    public string? Thumbprint { get; init; }

    /// <summary>Datastores that it mounts.</summary>
    public IReadOnlyList<ObjectId> DatastoreIds { get; init; } = [];
}
