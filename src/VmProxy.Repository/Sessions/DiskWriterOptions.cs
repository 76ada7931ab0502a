namespace VmProxy.Repository;

/// <summary>The disk that a <see cref="DiskWriter"/> writes.</summary>
public sealed record DiskWriterOptions
{
    /// <summary>Size of the disk in bytes.</summary>
    public required long Length { get; init; }

    /// <summary>Chunk size in bytes: a power of two from 512 to 4 MiB; 0 takes the base's, or without one the repository's default.</summary>
    public int ChunkSize { get; init; }

    /// <summary>The map whose content stays where nothing is stored; null: zeros stay. The disk may have grown since, not shrunk.</summary>
    public DiskMap? Base { get; init; }

    /// <summary>
    /// The id of the point that <see cref="Base"/> is of. It must exist while the session does; the session fails with REPO_BASE_GONE when it was deleted.
    /// Null: a point that has this map is looked for, which lists them all.
    /// </summary>
    public string? BasePoint { get; init; }

    /// <summary>
    /// What <see cref="BackupRepository.DamagedRangesAsync"/> said of the base. All of it must be stored, and is stored anew whatever the base says.
    /// </summary>
    public IReadOnlyList<DiskRange> Damaged { get; init; } = [];
}
