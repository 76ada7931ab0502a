namespace VmProxy.Catalog;

/// <summary>VMs ever seen, so that points and results of a VM that is gone still find their name.</summary>
public sealed class VmStore
{
    const string Columns = """
        SELECT vcenter_uuid AS VcenterUuid, instance_uuid AS InstanceUuid, name AS Name, moref AS MoRef,
               first_seen_at AS FirstSeenAt, last_seen_at AS LastSeenAt
        FROM vm
        """;

    readonly CatalogFile _file;
    readonly TimeProvider _time;

    internal VmStore(CatalogFile file, TimeProvider time) => (_file, _time) = (file, time);

    /// <summary>Records that these VMs exist now, in one transaction. Their first sight is kept.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task RecordSeenAsync(IEnumerable<VmRecord> vms, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(vms);
        var now = UtcText.From(_time.GetUtcNow());
        var rows = vms.Select(vm => new { vm.Key.VcenterUuid, vm.Key.InstanceUuid, vm.Name, vm.MoRef, Now = now }).ToList();
        return _file.ExecuteAsync("recording VMs", """
            INSERT INTO vm (vcenter_uuid, instance_uuid, name, moref, first_seen_at, last_seen_at)
            VALUES (@VcenterUuid, @InstanceUuid, @Name, @MoRef, @Now, @Now)
            ON CONFLICT DO UPDATE SET name = excluded.name, moref = excluded.moref, last_seen_at = excluded.last_seen_at
            """, rows, cancellationToken);
    }

    /// <summary>
    /// Adds VMs that are known from restore points, in one transaction. What the catalog knows from later is kept; an earlier first sight counts.
    /// </summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task AddKnownAsync(IEnumerable<VmRecord> vms, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(vms);
        var rows = vms.Select(vm => new
        {
            vm.Key.VcenterUuid,
            vm.Key.InstanceUuid,
            vm.Name,
            vm.MoRef,
            First = UtcText.From(vm.FirstSeenAt),
            Last = UtcText.From(vm.LastSeenAt),
        }).ToList();
        return _file.ExecuteAsync("recording VMs", """
            INSERT INTO vm (vcenter_uuid, instance_uuid, name, moref, first_seen_at, last_seen_at)
            VALUES (@VcenterUuid, @InstanceUuid, @Name, @MoRef, @First, @Last)
            ON CONFLICT DO UPDATE SET
                name = CASE WHEN excluded.last_seen_at > last_seen_at THEN excluded.name ELSE name END,
                moref = CASE WHEN excluded.last_seen_at > last_seen_at THEN excluded.moref ELSE moref END,
                first_seen_at = min(first_seen_at, excluded.first_seen_at), last_seen_at = max(last_seen_at, excluded.last_seen_at)
            """, rows, cancellationToken);
    }

    /// <summary>The VM, or null when the catalog never saw it.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public async Task<VmRecord?> FindAsync(VmKey key, CancellationToken cancellationToken) =>
        (await ReadAsync($"{Columns} WHERE vcenter_uuid = @VcenterUuid AND instance_uuid = @InstanceUuid", key, cancellationToken).ConfigureAwait(false))
            .SingleOrDefault();

    /// <summary>Every VM that has this name now; several when vCenters or folders share it.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public Task<IReadOnlyList<VmRecord>> FindByNameAsync(string name, CancellationToken cancellationToken) =>
        ReadAsync($"{Columns} WHERE name = @name ORDER BY vcenter_uuid, instance_uuid", new { name }, cancellationToken);

    /// <summary>Every VM, by name.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public Task<IReadOnlyList<VmRecord>> ListAsync(CancellationToken cancellationToken) =>
        ReadAsync($"{Columns} ORDER BY name, vcenter_uuid, instance_uuid", new { }, cancellationToken);

    async Task<IReadOnlyList<VmRecord>> ReadAsync(string sql, object parameters, CancellationToken cancellationToken) =>
        [.. (await _file.QueryAsync<Row>("reading VMs", sql, parameters, cancellationToken).ConfigureAwait(false)).Select(row => row.ToRecord())];

    sealed class Row
    {
        public required string VcenterUuid { get; init; }
        public required string InstanceUuid { get; init; }
        public required string Name { get; init; }
        public required string MoRef { get; init; }
        public required string FirstSeenAt { get; init; }
        public required string LastSeenAt { get; init; }

        public VmRecord ToRecord() => new(new VmKey(VcenterUuid, InstanceUuid), Name, MoRef)
        {
            FirstSeenAt = UtcText.Parse(FirstSeenAt),
            LastSeenAt = UtcText.Parse(LastSeenAt),
        };
    }
}
