using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Capacity;

/// <summary>How large the repositories are, how they grew, and when their disks will be full.</summary>
/// <param name="Taken">When it was made, UTC.</param>
/// <param name="Repositories">One row a repository, in the order of the configuration.</param>
public sealed record GrowthReport(DateTimeOffset Taken, IReadOnlyList<RepositoryGrowth> Repositories)
{
    /// <summary>What could not be read, such as a repository that is away; its row is then of what the catalog remembers.</summary>
    public IReadOnlyList<Failure> Warnings { get; init; } = [];
}

/// <summary>One repository.</summary>
public sealed record RepositoryGrowth
{
    /// <summary>Its name in the configuration.</summary>
    public required string Name { get; init; }

    /// <summary>Where it lies.</summary>
    public required string Location { get; init; }

    /// <summary>When it was last counted; null when it never was.</summary>
    public DateTimeOffset? Counted { get; init; }

    /// <summary>Restore points.</summary>
    public long? Points { get; init; }

    /// <summary>Sum of the disk sizes of all points.</summary>
    public long? ProtectedBytes { get; init; }

    /// <summary>What the repository takes: data and metadata.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>Of <see cref="StoredBytes"/>, maps, index, points and configuration.</summary>
    public long? MetadataBytes { get; init; }

    /// <summary>How many bytes of disks one stored byte gives back: zeros, equal chunks and compression together. Null for an empty repository.</summary>
    public double? Reduction => StoredBytes is > 0 and { } stored && ProtectedBytes is { } whole ? Math.Round((double)whole / stored, 1) : null;

    /// <summary>Size of the disk that it lies on; null when the operating system does not tell.</summary>
    public long? DiskCapacityBytes { get; init; }

    /// <summary>What is free there.</summary>
    public long? DiskFreeBytes { get; init; }

    /// <summary>How the disk's free space stands against the thresholds.</summary>
    public CapacityLevel Level { get; init; }

    /// <summary>When the disk will be full. Other programs may write there too.</summary>
    public required FillForecast Forecast { get; init; }

    /// <summary>The fullest moment of each day of the disk, oldest first, at most a year.</summary>
    public IReadOnlyList<DayOfCapacity> DiskHistory { get; init; } = [];

    /// <summary>The last count of each day, oldest first, at most a year.</summary>
    public IReadOnlyList<DayOfRepository> History { get; init; } = [];
}

/// <summary>What a repository held at the last count of a day.</summary>
/// <param name="Day">The day, UTC.</param>
/// <param name="Points">Restore points.</param>
/// <param name="ProtectedBytes">Sum of the disk sizes of all points.</param>
/// <param name="StoredBytes">What the repository took.</param>
public sealed record DayOfRepository(DateOnly Day, long Points, long ProtectedBytes, long StoredBytes);
