namespace VmProxy.Engine.Care;

/// <summary>A repository that was created.</summary>
/// <param name="Name">Its name in the configuration.</param>
/// <param name="Id">Its identity.</param>
/// <param name="Location">Where it lies.</param>
/// <param name="Encrypted">Whether a passphrase is needed to read it.</param>
public sealed record RepositoryCreated(string Name, string Id, string Location, bool Encrypted);

/// <summary>What a repository holds.</summary>
public sealed record RepositoryStats
{
    /// <summary>Its name in the configuration.</summary>
    public required string Name { get; init; }

    /// <summary>Its identity.</summary>
    public required string Id { get; init; }

    /// <summary>Where it lies.</summary>
    public required string Location { get; init; }

    /// <summary>Restore points.</summary>
    public required long Points { get; init; }

    /// <summary>Sum of the disk sizes of all points, in bytes.</summary>
    public required long ProtectedBytes { get; init; }

    /// <summary>Bytes of disk content in packs.</summary>
    public required long DataBytes { get; init; }

    /// <summary>Bytes of disk maps, points and the configuration.</summary>
    public required long MetadataBytes { get; init; }

    /// <summary>Bytes of the index.</summary>
    public required long IndexBytes { get; init; }

    /// <summary>All bytes of the repository.</summary>
    public long StoredBytes => DataBytes + MetadataBytes + IndexBytes;

    /// <summary>Distinct chunks.</summary>
    public required long Chunks { get; init; }

    /// <summary>Pack objects.</summary>
    public required long Packs { get; init; }
}
