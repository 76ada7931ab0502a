using Dapper;

namespace VmProxy.Catalog;

/// <summary>
/// Every change in vCenter, written before it is made: planned → done → undone, or planned → kept for what is meant to stay. What a crash leaves behind is found here, with the lease
/// that tells whether its owner lives. Each call is on stable storage when it returns.
/// </summary>
public sealed class Journal
{
    const string WhereOpen = "WHERE j.state IN ('planned', 'done') ORDER BY j.id";

    readonly CatalogFile _file;
    readonly TimeProvider _time;

    internal Journal(CatalogFile file, TimeProvider time) => (_file, _time) = (file, time);

    /// <summary>Writes down a change before it is made. Only after this returns may it be made.</summary>
    /// <returns>The entry's number.</returns>
    /// <exception cref="CatalogException">
    /// <see cref="CatalogErrorCodes.LeaseLost"/> when the run has ended or was taken over; or the catalog could not be written. The change must not be made.
    /// </exception>
    public async Task<long> BeginAsync(JournalEntry entry, CancellationToken cancellationToken) =>
        (await TryBeginAsync(entry, _ => true, cancellationToken).ConfigureAwait(false))!.Value;

    /// <summary>
    /// Writes down a change before it is made, if the open entries admit it. They are read in the same transaction, so that of several processes
    /// only one gets the last place.
    /// </summary>
    /// <param name="entry">The change.</param>
    /// <param name="admits">Looks at every open entry and decides; does nothing else.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The entry's number; null when it was not admitted, and then the change must not be made.</returns>
    /// <exception cref="CatalogException">As <see cref="BeginAsync"/>.</exception>
    public Task<long?> TryBeginAsync(JournalEntry entry, Func<IReadOnlyList<JournalRecord>, bool> admits, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(admits);
        return _file.WriteAsync<long?>("journalling a change", async (connection, transaction) =>
        {
            var open = await connection.QueryAsync<JournalRow>(JournalRow.Select + WhereOpen, transaction: transaction).ConfigureAwait(false);
            if (!admits([.. open.Select(row => row.ToRecord())]))
            {
                return null;
            }

            var id = await connection.ExecuteScalarAsync<long?>("""
                INSERT INTO journal (run_id, owner_run_id, kind, state, vcenter_uuid, vm_moref, vm_instance_uuid, vm_name, mark,
                                     snapshot_moref, proxy_vm_moref, file_name, intent, planned_at)
                SELECT id, id, @Kind, 'planned', @VcenterUuid, @VmMoRef, @VmInstanceUuid, @VmName, @Mark,
                       @SnapshotMoRef, @ProxyVmMoRef, @FileName, @Intent, @now
                FROM run WHERE id = @RunId AND outcome = 'running'
                RETURNING id
                """,
                new
                {
                    entry.RunId,
                    Kind = EnumText.From(entry.Kind),
                    entry.VcenterUuid,
                    entry.VmMoRef,
                    entry.VmInstanceUuid,
                    entry.VmName,
                    entry.Mark,
                    entry.SnapshotMoRef,
                    entry.ProxyVmMoRef,
                    entry.FileName,
                    entry.Intent,
                    now = UtcText.From(_time.GetUtcNow()),
                },
                transaction).ConfigureAwait(false);
            return id ?? throw new CatalogException(CatalogErrorCodes.LeaseLost, entry.RunId,
                $"Run {entry.RunId} does not hold its lease (it ended, or a janitor took over): no {EnumText.From(entry.Kind)} for VM " +
                $"'{entry.VmName}' may be begun. Start a new run.");
        }, cancellationToken);
    }

    /// <summary>Records that a snapshot was made.</summary>
    /// <param name="id">The entry.</param>
    /// <param name="snapshotMoRef">The snapshot's managed object reference.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CatalogException"><see cref="CatalogErrorCodes.JournalState"/> when the entry is not planned.</exception>
    public Task MarkDoneAsync(long id, string snapshotMoRef, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(snapshotMoRef);
        return MarkDoneAsync(id, snapshotMoRef, null, cancellationToken);
    }

    /// <summary>Records that a disk was attached.</summary>
    /// <param name="id">The entry.</param>
    /// <param name="deviceKey">The key of the new device on the proxy VM.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CatalogException"><see cref="CatalogErrorCodes.JournalState"/> when the entry is not planned.</exception>
    public Task MarkDoneAsync(long id, int deviceKey, CancellationToken cancellationToken) => MarkDoneAsync(id, null, deviceKey, cancellationToken);

    /// <summary>Records that the change is gone, or never came to be. A second time changes nothing.</summary>
    /// <exception cref="CatalogException"><see cref="CatalogErrorCodes.JournalState"/> when there is no such entry.</exception>
    public Task MarkUndoneAsync(long id, CancellationToken cancellationToken) => UpdateAsync(
        id,
        "gone",
        "UPDATE journal SET state = 'undone', undone_at = coalesce(undone_at, @now) WHERE id = @id",
        new { id, now = UtcText.From(_time.GetUtcNow()) },
        cancellationToken);

    /// <summary>Records that the change was made and stays, as change tracking does.</summary>
    /// <exception cref="CatalogException"><see cref="CatalogErrorCodes.JournalState"/> when the entry is not planned.</exception>
    public Task MarkKeptAsync(long id, CancellationToken cancellationToken) => UpdateAsync(
        id,
        "kept",
        "UPDATE journal SET state = 'kept', done_at = @now WHERE id = @id AND state = 'planned'",
        new { id, now = UtcText.From(_time.GetUtcNow()) },
        cancellationToken);

    /// <summary>Records that undoing failed, for the next attempt's back-off.</summary>
    /// <exception cref="CatalogException"><see cref="CatalogErrorCodes.JournalState"/> when there is no such entry.</exception>
    public Task RecordFailureAsync(long id, string error, CancellationToken cancellationToken) => UpdateAsync(
        id,
        "not yet undone",
        "UPDATE journal SET attempts = attempts + 1, last_attempt_at = @now, last_error = @error WHERE id = @id",
        new { id, error, now = UtcText.From(_time.GetUtcNow()) },
        cancellationToken);

    /// <summary>Replaces what others must reckon with for an open entry, once it is known better. One that is closed stays as it is.</summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task UpdateIntentAsync(long id, string intent, CancellationToken cancellationToken) => _file.ExecuteAsync(
        "updating the journal",
        "UPDATE journal SET intent = @intent WHERE id = @id AND state IN ('planned', 'done')",
        new { id, intent },
        cancellationToken);

    /// <summary>
    /// Hands an open entry to a janitor's run, whose lease then covers it. False when it was undone, taken by another, or its owner gave a sign of
    /// life since <paramref name="observed"/> was read. A dead owner's run is marked as crashed in the same transaction, so that an owner that
    /// was only frozen finds its lease lost. The caller has asked <see cref="RunLease.IsOwnerAlive"/> first.
    /// </summary>
    /// <exception cref="CatalogException">The catalog could not be written.</exception>
    public Task<bool> TryTakeOverAsync(JournalRecord observed, string janitorRunId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(observed);
        return _file.WriteAsync("taking over a change", async (connection, transaction) =>
        {
            if (observed.Owner.IsRunning)
            {
                await RunRow.TryMarkCrashedAsync(connection, transaction, observed.Owner, _time.GetUtcNow()).ConfigureAwait(false);
            }

            return await connection.ExecuteAsync("""
                UPDATE journal SET owner_run_id = @janitorRunId
                WHERE id = @Id AND state IN ('planned', 'done') AND owner_run_id = @OwnerRunId
                  AND NOT EXISTS (SELECT 1 FROM run WHERE run.id = @OwnerRunId AND run.outcome = 'running')
                  AND EXISTS (SELECT 1 FROM run WHERE run.id = @janitorRunId AND run.outcome = 'running')
                """, new { observed.Id, OwnerRunId = observed.Owner.RunId, janitorRunId }, transaction).ConfigureAwait(false) == 1;
        }, cancellationToken);
    }

    /// <summary>Every entry that is planned or done, oldest first, with its owner's lease.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public Task<IReadOnlyList<JournalRecord>> ListOpenAsync(CancellationToken cancellationToken) =>
        ReadAsync(WhereOpen, new { }, cancellationToken);

    /// <summary>Every entry that the run made, oldest first.</summary>
    /// <exception cref="CatalogException">The catalog could not be read.</exception>
    public Task<IReadOnlyList<JournalRecord>> ListOfRunAsync(string runId, CancellationToken cancellationToken) =>
        ReadAsync("WHERE j.run_id = @runId ORDER BY j.id", new { runId }, cancellationToken);

    Task MarkDoneAsync(long id, string? snapshotMoRef, int? deviceKey, CancellationToken cancellationToken) => UpdateAsync(
        id,
        "made",
        """
        UPDATE journal SET state = 'done', done_at = @now, snapshot_moref = coalesce(@snapshotMoRef, snapshot_moref), device_key = @deviceKey
        WHERE id = @id AND state = 'planned'
        """,
        new { id, snapshotMoRef, deviceKey, now = UtcText.From(_time.GetUtcNow()) },
        cancellationToken);

    async Task UpdateAsync(long id, string news, string sql, object parameters, CancellationToken cancellationToken)
    {
        if (await _file.ExecuteAsync("updating the journal", sql, parameters, cancellationToken).ConfigureAwait(false) != 1)
        {
            throw new CatalogException(CatalogErrorCodes.JournalState, $"journal entry {id}",
                $"Journal entry {id} is not in the state for being marked as {news}: another run has dealt with it. Stop, and let the janitor finish.");
        }
    }

    async Task<IReadOnlyList<JournalRecord>> ReadAsync(string where, object parameters, CancellationToken cancellationToken) =>
        [.. (await _file.QueryAsync<JournalRow>("reading the journal", JournalRow.Select + where, parameters, cancellationToken).ConfigureAwait(false))
            .Select(row => row.ToRecord())];
}
