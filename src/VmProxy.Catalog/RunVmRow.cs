namespace VmProxy.Catalog;

/// <summary>A row of table run_vm.</summary>
sealed class RunVmRow
{
    public const string Select = """
        SELECT r.run_id AS RunId, r.vcenter_uuid AS VcenterUuid, r.instance_uuid AS InstanceUuid, r.vm_name AS VmName, r.vm_moref AS VmMoRef,
               r.outcome AS Outcome, r.started_at AS StartedAt, r.ended_at AS EndedAt, r.point_id AS PointId, r.level AS Level,
               r.quiesced AS Quiesced, r.capacity_bytes AS CapacityBytes, r.changed_bytes AS ChangedBytes, r.read_bytes AS ReadBytes,
               r.stored_bytes AS StoredBytes, r.metadata_bytes AS MetadataBytes, r.error_code AS ErrorCode, r.error AS Error
        FROM run_vm r

        """;

    public const string Delete =
        "DELETE FROM run_vm WHERE run_id = @RunId AND vcenter_uuid = @VcenterUuid AND instance_uuid = @InstanceUuid";

    public const string Insert = """
        INSERT INTO run_vm (run_id, vcenter_uuid, instance_uuid, vm_name, vm_moref, outcome, started_at, ended_at, point_id, level, quiesced,
                            capacity_bytes, changed_bytes, read_bytes, stored_bytes, metadata_bytes, error_code, error)
        VALUES (@RunId, @VcenterUuid, @InstanceUuid, @VmName, @VmMoRef, @Outcome, @StartedAt, @EndedAt, @PointId, @Level, @Quiesced,
                @CapacityBytes, @ChangedBytes, @ReadBytes, @StoredBytes, @MetadataBytes, @ErrorCode, @Error)
        """;

    public required string RunId { get; init; }
    public required string VcenterUuid { get; init; }
    public required string InstanceUuid { get; init; }
    public required string VmName { get; init; }
    public required string VmMoRef { get; init; }
    public required string Outcome { get; init; }
    public required string StartedAt { get; init; }
    public required string EndedAt { get; init; }
    public string? PointId { get; init; }
    public string? Level { get; init; }
    public bool? Quiesced { get; init; }
    public long CapacityBytes { get; init; }
    public long ChangedBytes { get; init; }
    public long ReadBytes { get; init; }
    public long StoredBytes { get; init; }
    public long MetadataBytes { get; init; }
    public string? ErrorCode { get; init; }
    public string? Error { get; init; }

    public static RunVmRow From(RunVmResult result) => new()
    {
        RunId = result.RunId,
        VcenterUuid = result.Vm.VcenterUuid,
        InstanceUuid = result.Vm.InstanceUuid,
        VmName = result.VmName,
        VmMoRef = result.VmMoRef,
        Outcome = EnumText.From(result.Outcome),
        StartedAt = UtcText.From(result.StartedAt),
        EndedAt = UtcText.From(result.EndedAt),
        PointId = result.PointId,
        Level = result.Level,
        Quiesced = result.Quiesced,
        CapacityBytes = result.CapacityBytes,
        ChangedBytes = result.ChangedBytes,
        ReadBytes = result.ReadBytes,
        StoredBytes = result.StoredBytes,
        MetadataBytes = result.MetadataBytes,
        ErrorCode = result.ErrorCode,
        Error = result.Error,
    };

    public RunVmResult ToRecord(IReadOnlyList<ResultReason> reasons) => new()
    {
        RunId = RunId,
        Vm = new VmKey(VcenterUuid, InstanceUuid),
        VmName = VmName,
        VmMoRef = VmMoRef,
        Outcome = EnumText.Parse<VmOutcome>(Outcome),
        StartedAt = UtcText.Parse(StartedAt),
        EndedAt = UtcText.Parse(EndedAt),
        PointId = PointId,
        Level = Level,
        Quiesced = Quiesced,
        CapacityBytes = CapacityBytes,
        ChangedBytes = ChangedBytes,
        ReadBytes = ReadBytes,
        StoredBytes = StoredBytes,
        MetadataBytes = MetadataBytes,
        ErrorCode = ErrorCode,
        Error = Error,
        Reasons = reasons,
    };
}

/// <summary>A row of table run_vm_reason.</summary>
sealed class RunVmReasonRow
{
    public const string Select = """
        SELECT run_id AS RunId, vcenter_uuid AS VcenterUuid, instance_uuid AS InstanceUuid, ordinal AS Ordinal, disk_key AS DiskKey,
               severity AS Severity, code AS Code, text AS Text
        FROM run_vm_reason
        """;

    public const string Insert = """
        INSERT INTO run_vm_reason (run_id, vcenter_uuid, instance_uuid, ordinal, disk_key, severity, code, text)
        VALUES (@RunId, @VcenterUuid, @InstanceUuid, @Ordinal, @DiskKey, @Severity, @Code, @Text)
        """;

    public required string RunId { get; init; }
    public required string VcenterUuid { get; init; }
    public required string InstanceUuid { get; init; }
    public int Ordinal { get; init; }
    public int? DiskKey { get; init; }
    public required string Severity { get; init; }
    public required string Code { get; init; }
    public required string Text { get; init; }

    public static List<RunVmReasonRow> From(RunVmResult result) =>
    [
        .. result.Reasons.Select((reason, ordinal) => new RunVmReasonRow
        {
            RunId = result.RunId,
            VcenterUuid = result.Vm.VcenterUuid,
            InstanceUuid = result.Vm.InstanceUuid,
            Ordinal = ordinal,
            DiskKey = reason.DiskKey,
            Severity = EnumText.From(reason.Severity),
            Code = reason.Code,
            Text = reason.Text,
        }),
    ];

    public ResultReason ToRecord() => new(EnumText.Parse<ReasonSeverity>(Severity), Code, Text, DiskKey);
}
