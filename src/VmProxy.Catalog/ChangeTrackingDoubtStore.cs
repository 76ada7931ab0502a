namespace VmProxy.Catalog;

/// <summary>Disks whose changed areas were found to be wrong, and whether a full has been made since.</summary>
public sealed class ChangeTrackingDoubtStore
{
    readonly CatalogFile _file;
    readonly TimeProvider _time;

    internal ChangeTrackingDoubtStore(CatalogFile file, TimeProvider time) => (_file, _time) = (file, time);

    /// <summary>Records a doubt, found now. It is on stable storage when this returns. A second one of the same run and disk takes the place of the first.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task AddAsync(ChangeTrackingDoubt doubt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(doubt);
        return _file.ExecuteAsync("recording a doubt about change tracking", """
            INSERT OR REPLACE INTO change_tracking_doubt (vcenter_uuid, instance_uuid, disk_key, run_id, found_at, epoch, reason, evidence)
            VALUES (@VcenterUuid, @InstanceUuid, @DiskKey, @RunId, @Now, @Epoch, @Reason, @Evidence)
            """,
            new
            {
                doubt.Vm.VcenterUuid,
                doubt.Vm.InstanceUuid,
                doubt.DiskKey,
                doubt.RunId,
                Now = UtcText.From(_time.GetUtcNow()),
                doubt.Epoch,
                doubt.Reason,
                doubt.Evidence,
            },
            cancellationToken);
    }

    /// <summary>Records that a point holds a full of the disk: every doubt so far is lifted.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task LiftAsync(VmKey vm, int diskKey, string point, CancellationToken cancellationToken) => _file.ExecuteAsync(
        "lifting a doubt about change tracking",
        """
        UPDATE change_tracking_doubt SET lifted_at = @now, lifted_by = @point
        WHERE vcenter_uuid = @VcenterUuid AND instance_uuid = @InstanceUuid AND disk_key = @diskKey AND lifted_at IS NULL
        """,
        new { vm.VcenterUuid, vm.InstanceUuid, diskKey, point, now = UtcText.From(_time.GetUtcNow()) },
        cancellationToken);

    /// <summary>Every doubt that was ever found about a VM's disks, newest first.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public async Task<IReadOnlyList<ChangeTrackingDoubt>> ListAsync(VmKey vm, CancellationToken cancellationToken) =>
        [.. (await _file.QueryAsync<Row>("reading doubts about change tracking", """
            SELECT disk_key AS DiskKey, run_id AS RunId, found_at AS FoundAt, epoch AS Epoch, reason AS Reason, evidence AS Evidence,
                   lifted_at AS LiftedAt, lifted_by AS LiftedBy
            FROM change_tracking_doubt WHERE vcenter_uuid = @VcenterUuid AND instance_uuid = @InstanceUuid
            ORDER BY found_at DESC, disk_key
            """, vm, cancellationToken).ConfigureAwait(false)).Select(row => row.ToDoubt(vm))];

    sealed class Row
    {
        public long DiskKey { get; init; }
        public required string RunId { get; init; }
        public required string FoundAt { get; init; }
        public required string Epoch { get; init; }
        public required string Reason { get; init; }
        public string? Evidence { get; init; }
        public string? LiftedAt { get; init; }
        public string? LiftedBy { get; init; }

        public ChangeTrackingDoubt ToDoubt(VmKey vm) => new()
        {
            Vm = vm,
            DiskKey = (int)DiskKey,
            RunId = RunId,
            FoundAt = UtcText.Parse(FoundAt),
            Epoch = Epoch,
            Reason = Reason,
            Evidence = Evidence,
            LiftedAt = UtcText.ParseOptional(LiftedAt),
            LiftedBy = LiftedBy,
        };
    }
}
