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

    /// <summary>The fullest moment of each day of all datastores of a vCenter, oldest first, by the datastore's managed object reference.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public Task<IReadOnlyDictionary<string, IReadOnlyList<DayLow>>> DayLowsAsync(string vcenterUuid, DateTimeOffset since, CancellationToken cancellationToken) =>
        _file.ReadAsync("reading capacity", async connection =>
        {
            // Row by row: a year of hundreds of datastores is hundreds of thousands of samples, and a report is waited for.
            await using var command = connection.CreateCommand();
            command.CommandText = """
                SELECT s.datastore_id, s.taken_at, s.capacity_bytes, s.free_bytes
                FROM datastore d JOIN capacity_sample s ON s.datastore_id = d.id
                WHERE d.vcenter_uuid = $vcenter AND s.taken_at >= $since
                ORDER BY d.id, s.taken_at
                """;
            var names = (await connection.QueryAsync<(long Id, string MoRef)>(
                "SELECT id, moref FROM datastore WHERE vcenter_uuid = @vcenterUuid", new { vcenterUuid }).ConfigureAwait(false)).ToDictionary(row => row.Id, row => row.MoRef);
            command.Parameters.AddWithValue("$vcenter", vcenterUuid);
            command.Parameters.AddWithValue("$since", UtcText.From(since));
            var all = new Dictionary<string, IReadOnlyList<DayLow>>(StringComparer.Ordinal);
            var (datastore, days) = (-1L, new List<DayLow>());
            await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                if (reader.GetInt64(0) is var id && id != datastore)
                {
                    datastore = id;
                    all[names[id]] = days = [];
                }

                DayLows.Add(days, DayLows.DayOf(reader.GetString(1)), reader.GetInt64(2), reader.GetInt64(3));
            }

            return (IReadOnlyDictionary<string, IReadOnlyList<DayLow>>)all;
        }, cancellationToken);

    /// <summary>When the last sample of any datastore was taken; null when there is none.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public async Task<DateTimeOffset?> LastTakenAsync(CancellationToken cancellationToken) => UtcText.ParseOptional(
        (await _file.QueryAsync<string?>(
            "reading capacity",
            "SELECT max((SELECT max(s.taken_at) FROM capacity_sample s WHERE s.datastore_id = d.id)) FROM datastore d",
            new { },
            cancellationToken).ConfigureAwait(false)).SingleOrDefault());

    /// <summary>On how many UTC days of a span samples were taken.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public async Task<int> CountDaysAsync(DateTimeOffset since, DateTimeOffset until, CancellationToken cancellationToken) =>
        (int)(await _file.QueryAsync<long>(
            "reading capacity",
            "SELECT count(DISTINCT substr(taken_at, 1, 10)) FROM capacity_sample WHERE taken_at >= @since AND taken_at < @until",
            new { since = UtcText.From(since), until = UtcText.From(until) },
            cancellationToken).ConfigureAwait(false)).Single();

    /// <summary>
    /// Thins out old samples of datastores and repositories: every one for two days, the low point of free space of each hour for two weeks and of each
    /// day for two years. Whole UTC days are looked at, so that more than once a day is in vain. Returns how many went.
    /// </summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task<int> ThinAsync(DateTimeOffset now, CancellationToken cancellationToken) => CapacityThinning.RunAsync(_file, now, cancellationToken);

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
