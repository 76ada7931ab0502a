namespace VmProxy.Catalog;

/// <summary>How large a repository was at one moment, and how full its disk. Sizes are bytes; null means not measured.</summary>
public sealed record RepositorySample
{
    /// <summary>When it was measured.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>Size of the disk that it lies on.</summary>
    public long? DiskCapacityBytes { get; init; }

    /// <summary>What is free there.</summary>
    public long? DiskFreeBytes { get; init; }

    /// <summary>Restore points.</summary>
    public long? Points { get; init; }

    /// <summary>Sum of the disk sizes of all points.</summary>
    public long? ProtectedBytes { get; init; }

    /// <summary>Disk content in packs.</summary>
    public long? DataBytes { get; init; }

    /// <summary>Maps, index, points and configuration.</summary>
    public long? MetadataBytes { get; init; }
}
