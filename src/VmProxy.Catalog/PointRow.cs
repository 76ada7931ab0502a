namespace VmProxy.Catalog;

/// <summary>A row of table point.</summary>
sealed class PointRow
{
    public const string Select = """
        SELECT p.repository_id AS RepositoryId, p.id AS Id, p.taken_at AS TakenAt, p.vcenter_uuid AS VcenterUuid, p.instance_uuid AS InstanceUuid,
               p.vm_name AS VmName, p.vm_moref AS VmMoRef, p.level AS Level, p.job AS Job, p.run_id AS RunId, p.quiesced AS Quiesced,
               p.stored_bytes AS StoredBytes, p.warning_count AS WarningCount, p.excluded_disks AS ExcludedDisks, p.health AS Health,
               p.verified_level AS VerifiedLevel, p.verified_at AS VerifiedAt
        FROM point p

        """;

    public required string RepositoryId { get; init; }
    public required string Id { get; init; }
    public required string TakenAt { get; init; }
    public required string VcenterUuid { get; init; }
    public required string InstanceUuid { get; init; }
    public required string VmName { get; init; }
    public required string VmMoRef { get; init; }
    public required string Level { get; init; }
    public string? Job { get; init; }
    public string? RunId { get; init; }
    public bool Quiesced { get; init; }
    public long? StoredBytes { get; init; }
    public int WarningCount { get; init; }
    public int ExcludedDisks { get; init; }
    public required string Health { get; init; }
    public string? VerifiedLevel { get; init; }
    public string? VerifiedAt { get; init; }

    public PointRecord ToRecord(IReadOnlyList<PointDiskRecord> disks) => new()
    {
        RepositoryId = RepositoryId,
        Id = Id,
        TakenAt = UtcText.Parse(TakenAt),
        Vm = new VmKey(VcenterUuid, InstanceUuid),
        VmName = VmName,
        VmMoRef = VmMoRef,
        Level = Level,
        Job = Job,
        RunId = RunId,
        Quiesced = Quiesced,
        StoredBytes = StoredBytes,
        WarningCount = WarningCount,
        ExcludedDisks = ExcludedDisks,
        Health = EnumText.Parse<PointHealth>(Health),
        VerifiedLevel = VerifiedLevel,
        VerifiedAt = UtcText.ParseOptional(VerifiedAt),
        Disks = disks,
    };
}

/// <summary>A row of table point_disk.</summary>
sealed class PointDiskRow
{
    public const string Select = """
        SELECT repository_id AS RepositoryId, point_id AS PointId, disk_key AS Key, label AS Label, file_name AS FileName,
               capacity_bytes AS CapacityBytes, change_id AS ChangeId, changed_bytes AS ChangedBytes, read_bytes AS ReadBytes, transport AS Transport
        FROM point_disk
        """;

    public required string RepositoryId { get; init; }
    public required string PointId { get; init; }
    public int Key { get; init; }
    public required string Label { get; init; }
    public required string FileName { get; init; }
    public long CapacityBytes { get; init; }
    public string? ChangeId { get; init; }
    public long ChangedBytes { get; init; }
    public long ReadBytes { get; init; }
    public required string Transport { get; init; }

    public PointDiskRecord ToRecord() => new(Key, Label, FileName, CapacityBytes, ChangeId, ChangedBytes, ReadBytes, Transport);
}
