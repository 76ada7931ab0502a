using System.Globalization;
using System.Security.Cryptography;
using Dapper;

namespace VmProxy.Catalog;

/// <summary>Runs, what they did for each VM, and the lease of each one that is going on.</summary>
public sealed class RunStore
{
    readonly CatalogFile _file;
    readonly TimeProvider _time;

    internal RunStore(CatalogFile file, TimeProvider time) => (_file, _time) = (file, time);

    /// <summary>Records that a run begins and gives its owner the lease.</summary>
    /// <param name="start">What it will do.</param>
    /// <param name="owner">The process that does it; usually <see cref="RunOwner.Current"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public async Task<RunRecord> BeginAsync(RunStart start, RunOwner owner, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(owner);
        var now = _time.GetUtcNow();
        var id = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)
            + "-" + RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz23456789", 6);
        await _file.ExecuteAsync("recording a run", """
            INSERT INTO run (id, kind, job, requested_level, started_at, outcome, program_version,
                             process_id, process_start_ticks, pid_namespace, boot_id, host_name, heartbeat_at)
            VALUES (@id, @Kind, @Job, @RequestedLevel, @now, 'running', @ProgramVersion,
                    @ProcessId, @ProcessStartTicks, @PidNamespace, @BootId, @HostName, @now)
            """,
            new
            {
                id,
                Kind = EnumText.From(start.Kind),
                start.Job,
                start.RequestedLevel,
                start.ProgramVersion,
                now = UtcText.From(now),
                owner.ProcessId,
                owner.ProcessStartTicks,
                owner.PidNamespace,
                owner.BootId,
                owner.HostName,
            },
            cancellationToken).ConfigureAwait(false);
        return new RunRecord(id, start, now, null, RunOutcome.Running, null, null, new RunLease(id, owner, now, IsRunning: true));
    }

    /// <summary>
    /// Renews the lease. False when the run no longer holds it: a janitor found the owner dead and took over, so the run must stop and commit nothing.
    /// </summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public async Task<bool> HeartbeatAsync(string runId, CancellationToken cancellationToken) => await _file.ExecuteAsync(
        "renewing a lease",
        "UPDATE run SET heartbeat_at = @now WHERE id = @runId AND outcome = 'running'",
        new { runId, now = UtcText.From(_time.GetUtcNow()) },
        cancellationToken).ConfigureAwait(false) == 1;

    /// <summary>Ends the run and its lease. False when it no longer held the lease; then nothing is changed.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public async Task<bool> EndAsync(string runId, RunOutcome outcome, string? errorCode, string? error, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(outcome, RunOutcome.Running);
        return await _file.ExecuteAsync(
            "ending a run",
            "UPDATE run SET outcome = @outcome, ended_at = @now, error_code = @errorCode, error = @error WHERE id = @runId AND outcome = 'running'",
            new { runId, outcome = EnumText.From(outcome), errorCode, error, now = UtcText.From(_time.GetUtcNow()) },
            cancellationToken).ConfigureAwait(false) == 1;
    }

    /// <summary>
    /// Takes the lease from an owner that was found dead. False when the owner gave a sign of life, or the run ended, since
    /// <paramref name="observed"/> was read.
    /// </summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task<bool> TryMarkCrashedAsync(RunLease observed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(observed);
        return _file.WriteAsync(
            "ending a dead run",
            (connection, transaction) => RunRow.TryMarkCrashedAsync(connection, transaction, observed, _time.GetUtcNow()),
            cancellationToken);
    }

    /// <summary>Records what the run did for a VM; replaces an earlier record of the same VM.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task RecordVmAsync(RunVmResult result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(result);
        return _file.WriteAsync("recording a result", async (connection, transaction) =>
        {
            var row = RunVmRow.From(result);
            await connection.ExecuteAsync(RunVmRow.Delete, row, transaction).ConfigureAwait(false);
            await connection.ExecuteAsync(RunVmRow.Insert, row, transaction).ConfigureAwait(false);
            await connection.ExecuteAsync(RunVmReasonRow.Insert, RunVmReasonRow.From(result), transaction).ConfigureAwait(false);
            return true;
        }, cancellationToken);
    }

    /// <summary>The run, or null when there is none with this id.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public async Task<RunRecord?> FindAsync(string runId, CancellationToken cancellationToken) =>
        (await _file.QueryAsync<RunRow>("reading a run", $"{RunRow.Select} WHERE id = @runId", new { runId }, cancellationToken).ConfigureAwait(false))
            .SingleOrDefault()?.ToRecord();

    /// <summary>Runs that pass the filter, newest first.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public async Task<IReadOnlyList<RunRecord>> ListAsync(RunFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var rows = await _file.QueryAsync<RunRow>("reading runs", $"""
            {RunRow.Select}
            WHERE (@Kind IS NULL OR kind = @Kind) AND (@Job IS NULL OR job = @Job) AND (@Since IS NULL OR started_at >= @Since)
              AND (NOT @RunningOnly OR outcome = 'running')
            ORDER BY started_at DESC, id DESC
            LIMIT @Limit
            """,
            new
            {
                Kind = EnumText.From(filter.Kind),
                filter.Job,
                Since = UtcText.From(filter.Since),
                filter.RunningOnly,
                Limit = filter.Limit ?? -1,
            },
            cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(row => row.ToRecord())];
    }

    /// <summary>What the run did for each VM, in the order of their turns.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public Task<IReadOnlyList<RunVmResult>> ListVmsAsync(string runId, CancellationToken cancellationToken) =>
        ReadVmsAsync("WHERE r.run_id = @runId ORDER BY r.started_at, r.vm_name", new { runId }, cancellationToken);

    /// <summary>What runs did for this VM, newest first.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public Task<IReadOnlyList<RunVmResult>> ListHistoryAsync(VmKey vm, int limit, CancellationToken cancellationToken) => ReadVmsAsync(
        "WHERE r.vcenter_uuid = @VcenterUuid AND r.instance_uuid = @InstanceUuid ORDER BY r.started_at DESC, r.run_id DESC LIMIT @limit",
        new { vm.VcenterUuid, vm.InstanceUuid, limit },
        cancellationToken);

    Task<IReadOnlyList<RunVmResult>> ReadVmsAsync(string where, object parameters, CancellationToken cancellationToken) =>
        _file.ReadAsync("reading results", async connection =>
        {
            await using var transaction = connection.BeginTransaction(deferred: true);
            var rows = (await connection.QueryAsync<RunVmRow>(RunVmRow.Select + where, parameters, transaction).ConfigureAwait(false)).AsList();
            var reasons = (await connection.QueryAsync<RunVmReasonRow>(
                $"""
                {RunVmReasonRow.Select}
                WHERE (run_id, vcenter_uuid, instance_uuid) IN (SELECT r.run_id, r.vcenter_uuid, r.instance_uuid FROM run_vm r {where})
                ORDER BY ordinal
                """, parameters, transaction).ConfigureAwait(false))
                .ToLookup(reason => (reason.RunId, reason.VcenterUuid, reason.InstanceUuid), reason => reason.ToRecord());
            return (IReadOnlyList<RunVmResult>)[.. rows.Select(row => row.ToRecord([.. reasons[(row.RunId, row.VcenterUuid, row.InstanceUuid)]]))];
        }, cancellationToken);
}
