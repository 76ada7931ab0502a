using Dapper;

namespace VmProxy.Catalog;

/// <summary>Capacity samples per datastore.</summary>
public sealed class CapacityStore
{
    const string SampleColumns = """
        s.taken_at AS TakenAt, s.capacity_bytes AS CapacityBytes, s.free_bytes AS FreeBytes, s.uncommitted_bytes AS UncommittedBytes,
        s.provisioned_bytes AS ProvisionedBytes, s.snapshot_bytes AS SnapshotBytes, s.snapshot_count AS SnapshotCount,
        s.oldest_snapshot_at AS OldestSnapshotAt, s.swap_bytes AS SwapBytes, s.vm_count AS VmCount
        """;

    readonly CatalogFile _file;

    internal CapacityStore(CatalogFile file) => _file = file;

    /// <summary>Adds one sample for each of these datastores, in one transaction; a second sample of the same moment replaces the first.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task RecordAsync(IEnumerable<(DatastoreRecord Datastore, CapacitySample Sample)> samples, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(samples);
        return _file.WriteAsync("recording capacity", async (connection, transaction) =>
        {
            foreach (var (datastore, sample) in samples)
            {
                var takenAt = UtcText.From(sample.TakenAt);
                var id = await connection.ExecuteScalarAsync<long>("""
                    INSERT INTO datastore (vcenter_uuid, moref, name, type, last_seen_at) VALUES (@VcenterUuid, @MoRef, @Name, @Type, @takenAt)
                    ON CONFLICT (vcenter_uuid, moref) DO UPDATE SET name = excluded.name, type = excluded.type, last_seen_at = excluded.last_seen_at
                    RETURNING id
                    """, new { datastore.VcenterUuid, datastore.MoRef, datastore.Name, datastore.Type, takenAt }, transaction).ConfigureAwait(false);
                await connection.ExecuteAsync("""
                    INSERT OR REPLACE INTO capacity_sample (datastore_id, taken_at, capacity_bytes, free_bytes, uncommitted_bytes, provisioned_bytes,
                                                            snapshot_bytes, snapshot_count, oldest_snapshot_at, swap_bytes, vm_count)
                    VALUES (@id, @takenAt, @CapacityBytes, @FreeBytes, @UncommittedBytes, @ProvisionedBytes,
                            @SnapshotBytes, @SnapshotCount, @OldestSnapshotAt, @SwapBytes, @VmCount)
                    """,
                    new
                    {
                        id,
                        takenAt,
                        sample.CapacityBytes,
                        sample.FreeBytes,
                        sample.UncommittedBytes,
                        sample.ProvisionedBytes,
                        sample.SnapshotBytes,
                        sample.SnapshotCount,
                        OldestSnapshotAt = UtcText.From(sample.OldestSnapshotAt),
                        sample.SwapBytes,
                        sample.VmCount,
                    },
                    transaction).ConfigureAwait(false);
            }

            return true;
        }, cancellationToken);
    }

    /// <summary>Every datastore ever sampled, by name.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public async Task<IReadOnlyList<DatastoreRecord>> ListDatastoresAsync(CancellationToken cancellationToken) =>
    [
        .. (await _file.QueryAsync<DatastoreRow>(
            "reading datastores",
            "SELECT vcenter_uuid AS VcenterUuid, moref AS MoRef, name AS Name, type AS Type FROM datastore ORDER BY name, vcenter_uuid, moref",
            new { },
            cancellationToken).ConfigureAwait(false)).Select(row => new DatastoreRecord(row.VcenterUuid, row.MoRef, row.Name, row.Type)),
    ];

    /// <summary>A datastore's samples since a moment, oldest first.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public async Task<IReadOnlyList<CapacitySample>> ListAsync(string vcenterUuid, string moRef, DateTimeOffset since, CancellationToken cancellationToken) =>
    [
        .. (await _file.QueryAsync<SampleRow>("reading capacity", $"""
            SELECT {SampleColumns}
            FROM capacity_sample s JOIN datastore d ON d.id = s.datastore_id
            WHERE d.vcenter_uuid = @vcenterUuid AND d.moref = @moRef AND s.taken_at >= @since
            ORDER BY s.taken_at
            """, new { vcenterUuid, moRef, since = UtcText.From(since) }, cancellationToken).ConfigureAwait(false)).Select(row => row.ToRecord()),
    ];

    sealed class DatastoreRow
    {
        public required string VcenterUuid { get; init; }
        public required string MoRef { get; init; }
        public required string Name { get; init; }
        public required string Type { get; init; }
    }

    sealed class SampleRow
    {
        public required string TakenAt { get; init; }
        public long CapacityBytes { get; init; }
        public long FreeBytes { get; init; }
        public long? UncommittedBytes { get; init; }
        public long? ProvisionedBytes { get; init; }
        public long? SnapshotBytes { get; init; }
        public int? SnapshotCount { get; init; }
        public string? OldestSnapshotAt { get; init; }
        public long? SwapBytes { get; init; }
        public int? VmCount { get; init; }

        public CapacitySample ToRecord() => new()
        {
            TakenAt = UtcText.Parse(TakenAt),
            CapacityBytes = CapacityBytes,
            FreeBytes = FreeBytes,
            UncommittedBytes = UncommittedBytes,
            ProvisionedBytes = ProvisionedBytes,
            SnapshotBytes = SnapshotBytes,
            SnapshotCount = SnapshotCount,
            OldestSnapshotAt = UtcText.ParseOptional(OldestSnapshotAt),
            SwapBytes = SwapBytes,
            VmCount = VmCount,
        };
    }
}
