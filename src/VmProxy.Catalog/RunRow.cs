using System.Data.Common;
using Dapper;

namespace VmProxy.Catalog;

/// <summary>A row of table run.</summary>
sealed class RunRow
{
    public const string Select = """
        SELECT id AS Id, kind AS Kind, job AS Job, requested_level AS RequestedLevel, started_at AS StartedAt, ended_at AS EndedAt,
               outcome AS Outcome, error_code AS ErrorCode, error AS Error, program_version AS ProgramVersion, process_id AS ProcessId,
               process_start_ticks AS ProcessStartTicks, pid_namespace AS PidNamespace, boot_id AS BootId, host_name AS HostName,
               heartbeat_at AS HeartbeatAt
        FROM run
        """;

    public required string Id { get; init; }
    public required string Kind { get; init; }
    public string? Job { get; init; }
    public string? RequestedLevel { get; init; }
    public required string StartedAt { get; init; }
    public string? EndedAt { get; init; }
    public required string Outcome { get; init; }
    public string? ErrorCode { get; init; }
    public string? Error { get; init; }
    public required string ProgramVersion { get; init; }
    public int ProcessId { get; init; }
    public long ProcessStartTicks { get; init; }
    public required string PidNamespace { get; init; }
    public required string BootId { get; init; }
    public required string HostName { get; init; }
    public required string HeartbeatAt { get; init; }

    public RunRecord ToRecord() => new(
        Id,
        new RunStart(EnumText.Parse<RunKind>(Kind), Job, RequestedLevel, ProgramVersion),
        UtcText.Parse(StartedAt),
        UtcText.ParseOptional(EndedAt),
        EnumText.Parse<RunOutcome>(Outcome),
        ErrorCode,
        Error,
        ToLease());

    public RunLease ToLease() => new(
        Id,
        new RunOwner(ProcessId, ProcessStartTicks, PidNamespace, BootId, HostName),
        UtcText.Parse(HeartbeatAt),
        EnumText.Parse<RunOutcome>(Outcome) == RunOutcome.Running);

    /// <summary>Ends a run whose owner was found dead, unless it has given a sign of life since it was looked at.</summary>
    public static async Task<bool> TryMarkCrashedAsync(DbConnection connection, DbTransaction transaction, RunLease observed, DateTimeOffset now) =>
        await connection.ExecuteAsync(
            """
            UPDATE run SET outcome = 'crashed', ended_at = @now, error_code = 'RUN_OWNER_DEAD', error = 'The process ended without finishing the run.'
            WHERE id = @RunId AND outcome = 'running' AND heartbeat_at = @observedHeartbeat
            """,
            new { observed.RunId, observedHeartbeat = UtcText.From(observed.HeartbeatAt), now = UtcText.From(now) },
            transaction).ConfigureAwait(false) == 1;
}
