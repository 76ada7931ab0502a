using VmProxy.Engine.Failures;
using VmProxy.Engine.Transports;

namespace VmProxy.Engine.Points;

/// <summary>The restore points, oldest first.</summary>
/// <param name="Points">The points that can be read.</param>
/// <param name="Damaged">Points that exist and cannot be read: named, never hidden.</param>
public sealed record PointList(IReadOnlyList<PointListing> Points, IReadOnlyList<Failure> Damaged);

/// <summary>A restore point in a list.</summary>
public sealed record PointListing
{
    /// <summary>Its id; sorts by time and never changes.</summary>
    public required string Id { get; init; }

    /// <summary>The repository's name in the configuration.</summary>
    public required string Repository { get; init; }

    /// <summary>The VM's name at the time.</summary>
    public required string VirtualMachine { get; init; }

    /// <summary>When the snapshot was taken, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>full, incremental or differential.</summary>
    public required string Level { get; init; }

    /// <summary>Number of disks in it.</summary>
    public required int Disks { get; init; }

    /// <summary>Their size in bytes.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Bytes read from the host for it.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>Whether the guest's file systems were frozen.</summary>
    public required bool Quiesced { get; init; }

    /// <summary>Number of warnings recorded in it.</summary>
    public required int Warnings { get; init; }

    /// <summary>What protects it from being deleted.</summary>
    public IReadOnlyList<HoldListing> Holds { get; init; } = [];
}

/// <summary>The protection of a point from being deleted.</summary>
/// <param name="Since">When it was held, UTC.</param>
/// <param name="Reason">Why, in words; may be empty.</param>
public sealed record HoldListing(DateTimeOffset Since, string Reason);

/// <summary>One restore point in detail.</summary>
public sealed record PointDetails
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The repository's name in the configuration.</summary>
    public required string Repository { get; init; }

    /// <summary>The VM's name at the time.</summary>
    public required string VirtualMachine { get; init; }

    /// <summary>The VM's instance UUID.</summary>
    public required string InstanceUuid { get; init; }

    /// <summary>Identity of the vCenter.</summary>
    public required string VcenterUuid { get; init; }

    /// <summary>When the snapshot was taken, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The job that made it.</summary>
    public required string Job { get; init; }

    /// <summary>full, incremental or differential.</summary>
    public required string Level { get; init; }

    /// <summary>Whether the guest's file systems were frozen.</summary>
    public required bool Quiesced { get; init; }

    /// <summary>Its disks.</summary>
    public required IReadOnlyList<PointDiskDetails> Disks { get; init; }

    /// <summary>Disks of the VM that it does not hold, with the reason.</summary>
    public required IReadOnlyList<PointExcludedDisk> ExcludedDisks { get; init; }

    /// <summary>The VM's other files that travel with it.</summary>
    public required IReadOnlyList<PointFile> Files { get; init; }

    /// <summary>The host that ran the VM at the time; null in points of earlier versions.</summary>
    public string? Host { get; init; }

    /// <summary>The key that encrypted the VM: a restore as an encrypted VM needs it, or another one; null for a VM that was not encrypted.</summary>
    public PointEncryption? Encryption { get; init; }

    /// <summary>Whether the VM had a virtual TPM.</summary>
    public bool VirtualTpm { get; init; }

    /// <summary>What protects it from being deleted.</summary>
    public IReadOnlyList<HoldListing> Holds { get; init; } = [];

    /// <summary>What was skipped or downgraded when it was made.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}

/// <summary>A disk of a restore point.</summary>
public sealed record PointDiskDetails
{
    /// <summary>Device key.</summary>
    public required int Key { get; init; }

    /// <summary>Label, such as "Hard disk 1".</summary>
    public required string Label { get; init; }

    /// <summary>Size in bytes.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>The level that it was really read with.</summary>
    public required string Level { get; init; }

    /// <summary>Why that level.</summary>
    public required string LevelReason { get; init; }

    /// <summary>Bytes that vCenter named as changed or allocated.</summary>
    public required long ChangedBytes { get; init; }

    /// <summary>Bytes read from the transport.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>The transport that was used; several joined by '+' where one went on for another.</summary>
    public required string Transport { get; init; }

    /// <summary>The verdicts on all transports, as stable codes.</summary>
    public required IReadOnlyList<string> TransportReasons { get; init; }

    /// <summary>The verdict on each allowed transport, and what it did; empty for points of versions that did not keep it.</summary>
    public required IReadOnlyList<DiskTransport> Transports { get; init; }

    /// <summary>The file that was read, as a datastore path.</summary>
    public required string FileName { get; init; }

    /// <summary>The server's type name of its controller; empty in points of earlier versions.</summary>
    public string Controller { get; init; } = "";

    /// <summary>Its place, such as <c>nvme0:1</c>; null for a controller that was not known, and in points of earlier versions.</summary>
    public string? Place { get; init; }

    /// <summary>The change id of the snapshot, from which the next incremental counts.</summary>
    public string? ChangeId { get; init; }
}

/// <summary>The name of the key that encrypted a VM.</summary>
/// <param name="KeyId">The provider's id of the key.</param>
/// <param name="ProviderId">The key provider; null when the server did not say.</param>
public sealed record PointEncryption(string KeyId, string? ProviderId);

/// <summary>A disk that a point does not hold.</summary>
/// <param name="Key">Device key.</param>
/// <param name="Label">Label.</param>
/// <param name="Reason">Stable code and text.</param>
public sealed record PointExcludedDisk(int Key, string Label, string Reason);

/// <summary>A file that travels with a point.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its size.</param>
public sealed record PointFile(string Name, long Bytes);
