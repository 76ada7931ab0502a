using VmProxy.Catalog;
using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Care;

/// <summary>What a sweep has found and done so far.</summary>
sealed class Sweep(CatalogDatabase catalog, IProcessTable processes, TimeProvider time)
{
    public CatalogDatabase Catalog => catalog;

    public List<string> DetachedDisks { get; } = [];

    public List<string> RemovedSnapshots { get; } = [];

    public List<Failure> Findings { get; } = [];

    public List<Failure> Errors { get; } = [];

    public int ClosedEntries { get; private set; }

    public required int OwnedByRunningRuns { get; init; }

    /// <summary>Closes an entry whose change is gone.</summary>
    public async Task CloseAsync(JournalRecord record, CancellationToken cancellationToken)
    {
        await catalog.Journal.MarkUndoneAsync(record.Id, cancellationToken).ConfigureAwait(false);
        ClosedEntries++;
    }

    /// <summary>Notes that an entry's change could not be undone; the next sweep tries again.</summary>
    public async Task FailAsync(JournalRecord record, Failure failure, CancellationToken cancellationToken)
    {
        Errors.Add(failure);
        await catalog.Journal.RecordFailureAsync(record.Id, failure.ToString(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the run may still be at work.</summary>
    public async Task<bool> IsRunAliveAsync(string runId, CancellationToken cancellationToken)
    {
        var run = await catalog.Runs.FindAsync(runId, cancellationToken).ConfigureAwait(false);
        return run is not null && run.Lease.IsOwnerAlive(time.GetUtcNow(), processes);
    }

    public JanitorReport Report() => new()
    {
        DetachedDisks = DetachedDisks,
        RemovedSnapshots = RemovedSnapshots,
        ClosedEntries = ClosedEntries,
        OwnedByRunningRuns = OwnedByRunningRuns,
        Findings = Findings,
        Errors = Errors,
    };
}
