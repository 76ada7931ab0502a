using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Listing;

/// <summary>A datastore, and how its disks could be read.</summary>
public sealed record DatastoreListing
{
    /// <summary>The vCenter's name in the configuration.</summary>
    public required string Vcenter { get; init; }

    /// <summary>The datastore's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its managed object id in that vCenter.</summary>
    public required string Id { get; init; }

    /// <summary>Its type, such as VMFS or NFS.</summary>
    public required string Type { get; init; }

    /// <summary>Size in bytes.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Free bytes.</summary>
    public required long FreeBytes { get; init; }

    /// <summary>Whether any host reaches it at present.</summary>
    public required bool Accessible { get; init; }

    /// <summary>VMs with files on it.</summary>
    public required int VirtualMachines { get; init; }

    /// <summary>Devices (naa…) that carry it, where it is a VMFS volume.</summary>
    public required IReadOnlyList<string> Extents { get; init; }

    /// <summary>Usable transports in the order in which they would be chosen.</summary>
    public required IReadOnlyList<string> Transports { get; init; }

    /// <summary>Why a transport cannot be used, and what else is wrong.</summary>
    public required IReadOnlyList<Failure> Findings { get; init; }
}
