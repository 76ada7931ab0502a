namespace VmProxy.GuestFiles;

/// <summary>An attribute put together from its parts: its bytes, or where they lie.</summary>
sealed class NtfsStream
{
    /// <summary>The attribute in words, for errors.</summary>
    public required string Subject { get; init; }

    /// <summary>The value of a resident attribute, otherwise null.</summary>
    public ReadOnlyMemory<byte>? Resident { get; init; }

    /// <summary>Where a non-resident one lies.</summary>
    public NtfsRunList Runs { get; init; } = new();

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    /// <summary>Bytes that were ever written; those behind are zeros.</summary>
    public long Initialized { get; init; }

    /// <summary>Clusters of a unit of compression, or 0 for one that is not compressed.</summary>
    public int UnitClusters { get; init; }

    public bool IsEncrypted { get; init; }
}
