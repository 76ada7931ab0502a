namespace VmProxy.Catalog;

/// <summary>What makes a VM the same VM: names and managed object references may change.</summary>
/// <param name="VcenterUuid">Instance UUID of the vCenter, or of the single host.</param>
/// <param name="InstanceUuid">The VM's instance UUID (config.instanceUuid).</param>
public readonly record struct VmKey(string VcenterUuid, string InstanceUuid);

/// <summary>A VM as last seen.</summary>
/// <param name="Key">Its identity.</param>
/// <param name="Name">Its present name.</param>
/// <param name="MoRef">Its managed object reference.</param>
public sealed record VmRecord(VmKey Key, string Name, string MoRef)
{
    /// <summary>When the catalog first heard of it.</summary>
    public DateTimeOffset FirstSeenAt { get; init; }

    /// <summary>When it was last in an inventory.</summary>
    public DateTimeOffset LastSeenAt { get; init; }
}
