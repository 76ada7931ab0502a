namespace VmProxy.Catalog;

/// <summary>Samples of repositories and their disks, by the repository's name in the configuration.</summary>
public sealed class RepositorySampleStore
{
    readonly CatalogFile _file;

    internal RepositorySampleStore(CatalogFile file) => _file = file;

    /// <summary>Adds a sample; a second one of the same moment replaces the first.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task RecordAsync(string repository, RepositorySample sample, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return _file.ExecuteAsync("recording the size of a repository", """
            INSERT OR REPLACE INTO repository_sample (repository, taken_at, disk_capacity_bytes, disk_free_bytes, points, protected_bytes, data_bytes, metadata_bytes)
            VALUES (@repository, @takenAt, @DiskCapacityBytes, @DiskFreeBytes, @Points, @ProtectedBytes, @DataBytes, @MetadataBytes)
            """,
            new
            {
                repository,
                takenAt = UtcText.From(sample.TakenAt),
                sample.DiskCapacityBytes,
                sample.DiskFreeBytes,
                sample.Points,
                sample.ProtectedBytes,
                sample.DataBytes,
                sample.MetadataBytes,
            },
            cancellationToken);
    }

    /// <summary>A repository's samples since a moment, oldest first.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public async Task<IReadOnlyList<RepositorySample>> ListAsync(string repository, DateTimeOffset since, CancellationToken cancellationToken) =>
    [
        .. (await _file.QueryAsync<Row>("reading the sizes of a repository", """
            SELECT taken_at AS TakenAt, disk_capacity_bytes AS DiskCapacityBytes, disk_free_bytes AS DiskFreeBytes, points AS Points,
                   protected_bytes AS ProtectedBytes, data_bytes AS DataBytes, metadata_bytes AS MetadataBytes
            FROM repository_sample WHERE repository = @repository AND taken_at >= @since ORDER BY taken_at
            """, new { repository, since = UtcText.From(since) }, cancellationToken).ConfigureAwait(false)).Select(row => row.ToRecord()),
    ];

    sealed class Row
    {
        public required string TakenAt { get; init; }
        public long? DiskCapacityBytes { get; init; }
        public long? DiskFreeBytes { get; init; }
        public long? Points { get; init; }
        public long? ProtectedBytes { get; init; }
        public long? DataBytes { get; init; }
        public long? MetadataBytes { get; init; }

        public RepositorySample ToRecord() => new()
        {
            TakenAt = UtcText.Parse(TakenAt),
            DiskCapacityBytes = DiskCapacityBytes,
            DiskFreeBytes = DiskFreeBytes,
            Points = Points,
            ProtectedBytes = ProtectedBytes,
            DataBytes = DataBytes,
            MetadataBytes = MetadataBytes,
        };
    }
}
