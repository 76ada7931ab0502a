using VmProxy.Engine.Failures;
using VmProxy.Engine.Selection;
using VmProxy.Engine.Transports;

namespace VmProxy.Engine.Listing;

/// <summary>A VM, and what a backup of it would and would not take.</summary>
public sealed record VmListing
{
    /// <summary>The vCenter's name in the configuration.</summary>
    public required string Vcenter { get; init; }

    /// <summary>The VM's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its managed object id in that vCenter.</summary>
    public required string Id { get; init; }

    /// <summary>Its instance UUID, which with the vCenter's identifies it for good.</summary>
    public string? InstanceUuid { get; init; }

    /// <summary>Inventory folder.</summary>
    public required string Folder { get; init; }

    /// <summary>poweredOn, poweredOff or suspended.</summary>
    public required string PowerState { get; init; }

    /// <summary>Whether a backup can be made at all.</summary>
    public required bool Eligible { get; init; }

    /// <summary>Whether changed block tracking is on.</summary>
    public required bool ChangeTracking { get; init; }

    /// <summary>Number of snapshots that it has.</summary>
    public required int Snapshots { get; init; }

    /// <summary>The jobs that select it.</summary>
    public required IReadOnlyList<string> Jobs { get; init; }

    /// <summary>Whether anybody backs it up.</summary>
    public required VmCoverage Coverage { get; init; }

    /// <summary>Its disks.</summary>
    public required IReadOnlyList<VmDiskListing> Disks { get; init; }

    /// <summary>What would be skipped or refused, and why.</summary>
    public required IReadOnlyList<Failure> Findings { get; init; }
}

/// <summary>A disk of a VM.</summary>
/// <param name="Key">Device key.</param>
/// <param name="Label">Label, such as "Hard disk 1".</param>
/// <param name="CapacityBytes">Size in bytes.</param>
/// <param name="FileName">Datastore path of its descriptor.</param>
/// <param name="IncludedInBackup">Whether a backup takes it.</param>
/// <param name="Transports">Usable transports in the order in which they would be chosen.</param>
/// <param name="Verdicts">What speaks for and against each allowed transport.</param>
public sealed record VmDiskListing(
    int Key, string Label, long CapacityBytes, string FileName, bool IncludedInBackup, IReadOnlyList<string> Transports,
    IReadOnlyList<DiskTransport> Verdicts)
{
    /// <summary>Its place, such as <c>scsi0:1</c>; null for a controller that this version does not know. A job's ExcludeDisks can name it.</summary>
    public string? Place { get; init; }
}
