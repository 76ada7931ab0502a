using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Sessions;

namespace VmProxy.Engine.Care;

/// <summary>What a sweep has found and done so far.</summary>
sealed class Sweep(CatalogDatabase catalog, SessionParts parts, TimeProvider time)
{
    public CatalogDatabase Catalog => catalog;

    public TimeProvider Time => time;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>The run that sweeps.</summary>
    public required string RunId { get; init; }

    public required SweepOccasion Occasion { get; init; }

    public List<string> DetachedDisks { get; } = [];

    public List<string> RemovedSnapshots { get; } = [];

    public List<OtherSnapshot> OtherSnapshots { get; } = [];

    public List<Failure> Findings { get; } = [];

    public List<Failure> Errors { get; } = [];

    public int ClosedEntries { get; private set; }

    public required int OwnedByRunningRuns { get; set; }

    public ValueTask ReachedAsync(string moment) => parts.Checkpoints.ReachedAsync(moment);

    /// <summary>Closes an entry whose change is gone.</summary>
    public Task CloseAsync(JournalRecord record, CancellationToken cancellationToken) =>
        EndAsync(() => catalog.Journal.MarkUndoneAsync(record.Id, cancellationToken));

    /// <summary>Closes an entry whose change was made and stays.</summary>
    public Task KeepAsync(JournalRecord record, CancellationToken cancellationToken) =>
        EndAsync(() => catalog.Journal.MarkKeptAsync(record.Id, cancellationToken));

    /// <summary>Notes that an entry's change could not be undone; the next sweep tries again.</summary>
    public async Task FailAsync(JournalRecord record, Failure failure, CancellationToken cancellationToken)
    {
        Errors.Add(failure);
        await catalog.Journal.RecordFailureAsync(record.Id, failure.ToString(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>When a failed consolidation is tried again; null when that is now.</summary>
    public DateTimeOffset? NotBefore(JournalRecord record) =>
        Occasion == SweepOccasion.Command ? null : SweepBackoff.NotBefore(record.Attempts, record.LastAttemptAt, Now);

    /// <summary>Notes that an entry waits for its next attempt.</summary>
    public void Wait(JournalRecord record, DateTimeOffset until) => Findings.Add(new Failure(
        ReasonCodes.ConsolidationWaits, record.Entry.VmName, "consolidate its disks",
        $"It was tried {record.Attempts} times and is tried again after {until:u}. The last time: {record.LastError}",
        "Look for what holds the VM's files; `vmproxy janitor` tries at once."));

    /// <summary>
    /// Whether the run may still be at work. One that the catalog does not know was made with a catalog that is lost; were it alive, it would notice
    /// within a lease's lifetime after it made its snapshot.
    /// </summary>
    public async Task<bool> IsRunAliveAsync(string runId, DateTimeOffset madeAt, CancellationToken cancellationToken) =>
        await catalog.Runs.FindAsync(runId, cancellationToken).ConfigureAwait(false) is { } run
            ? run.Lease.IsOwnerAlive(Now, parts.Processes)
            : Now - madeAt < RunLease.Lifetime;

    public JanitorReport Report() => new()
    {
        DetachedDisks = DetachedDisks,
        RemovedSnapshots = RemovedSnapshots,
        ClosedEntries = ClosedEntries,
        OwnedByRunningRuns = OwnedByRunningRuns,
        OtherSnapshots = OtherSnapshots,
        Findings = Findings,
        Errors = Errors,
    };

    async Task EndAsync(Func<Task> write)
    {
        await ReachedAsync(Moments.SweepUndone).ConfigureAwait(false);
        await write().ConfigureAwait(false);
        ClosedEntries++;
        await ReachedAsync(Moments.SweepClosed).ConfigureAwait(false);
    }
}
