namespace VmProxy.Catalog;

/// <summary>A row of table journal with the lease of its owner.</summary>
sealed class JournalRow
{
    public const string Select = """
        SELECT j.id AS Id, j.run_id AS RunId, j.kind AS Kind, j.state AS State, j.vcenter_uuid AS VcenterUuid, j.vm_moref AS VmMoRef,
               j.vm_instance_uuid AS VmInstanceUuid, j.vm_name AS VmName, j.mark AS Mark, j.snapshot_moref AS SnapshotMoRef,
               j.proxy_vm_moref AS ProxyVmMoRef, j.device_key AS DeviceKey, j.file_name AS FileName, j.intent AS Intent,
               j.planned_at AS PlannedAt, j.done_at AS DoneAt, j.undone_at AS UndoneAt, j.attempts AS Attempts,
               j.last_attempt_at AS LastAttemptAt, j.last_error AS LastError,
               r.id AS OwnerRunId, r.process_id AS ProcessId, r.process_start_ticks AS ProcessStartTicks, r.pid_namespace AS PidNamespace,
               r.boot_id AS BootId, r.host_name AS HostName, r.heartbeat_at AS HeartbeatAt, r.outcome = 'running' AS OwnerIsRunning
        FROM journal j JOIN run r ON r.id = j.owner_run_id

        """;

    public long Id { get; init; }
    public required string RunId { get; init; }
    public required string Kind { get; init; }
    public required string State { get; init; }
    public required string VcenterUuid { get; init; }
    public required string VmMoRef { get; init; }
    public required string VmInstanceUuid { get; init; }
    public required string VmName { get; init; }
    public required string Mark { get; init; }
    public string? SnapshotMoRef { get; init; }
    public string? ProxyVmMoRef { get; init; }
    public int? DeviceKey { get; init; }
    public string? FileName { get; init; }
    public string? Intent { get; init; }
    public required string PlannedAt { get; init; }
    public string? DoneAt { get; init; }
    public string? UndoneAt { get; init; }
    public int Attempts { get; init; }
    public string? LastAttemptAt { get; init; }
    public string? LastError { get; init; }
    public required string OwnerRunId { get; init; }
    public int ProcessId { get; init; }
    public long ProcessStartTicks { get; init; }
    public required string PidNamespace { get; init; }
    public required string BootId { get; init; }
    public required string HostName { get; init; }
    public required string HeartbeatAt { get; init; }
    public bool OwnerIsRunning { get; init; }

    public JournalRecord ToRecord() => new()
    {
        Id = Id,
        Entry = new JournalEntry
        {
            RunId = RunId,
            Kind = EnumText.Parse<JournalKind>(Kind),
            VcenterUuid = VcenterUuid,
            VmMoRef = VmMoRef,
            VmInstanceUuid = VmInstanceUuid,
            VmName = VmName,
            Mark = Mark,
            SnapshotMoRef = SnapshotMoRef,
            ProxyVmMoRef = ProxyVmMoRef,
            FileName = FileName,
            Intent = Intent,
        },
        State = EnumText.Parse<JournalState>(State),
        DeviceKey = DeviceKey,
        PlannedAt = UtcText.Parse(PlannedAt),
        DoneAt = UtcText.ParseOptional(DoneAt),
        UndoneAt = UtcText.ParseOptional(UndoneAt),
        Attempts = Attempts,
        LastAttemptAt = UtcText.ParseOptional(LastAttemptAt),
        LastError = LastError,
        Owner = new RunLease(
            OwnerRunId, new RunOwner(ProcessId, ProcessStartTicks, PidNamespace, BootId, HostName), UtcText.Parse(HeartbeatAt), OwnerIsRunning),
    };
}
