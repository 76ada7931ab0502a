using Microsoft.Extensions.Logging;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>Our snapshot of a VM: journalled, made, and always removed again.</summary>
sealed class SnapshotKeeper(SnapshotContext context, VirtualMachine vm)
{
    const string Step = "remove the snapshot";

    static readonly TimeSpan DetachLimit = TimeSpan.FromMinutes(10);

    static readonly TimeSpan RemovalLimit = TimeSpan.FromHours(2);

    long _began;
    TimeSpan? _removal;

    /// <summary>Its entry in the journal; 0 as long as there is none.</summary>
    public long Entry { get; private set; }

    /// <summary>The snapshot, once it is made.</summary>
    public SnapshotCreated? Snapshot { get; private set; }

    /// <summary>Why it had to wait for other snapshots; null when it had not.</summary>
    public Failure? Waited { get; private set; }

    /// <summary>How long the snapshot stood and how long its removal took; null when none was made.</summary>
    public SnapshotTimes? Times => Snapshot is null ? null : new SnapshotTimes(
        (long)context.Time.GetElapsedTime(_began).TotalMilliseconds, _removal is { } removal ? (long)removal.TotalMilliseconds : null);

    ChangeLog Changes => context.Changes;

    VmSnapshots Snapshots => context.Vcenter.Connection.Snapshots;

    /// <summary>Makes the snapshot. The guest is frozen while it is made, and for nothing else.</summary>
    public async Task<SnapshotCreated> TakeAsync(FreezeAndThaw guest, CancellationToken cancellationToken)
    {
        var policy = context.Job.Quiesce switch
        {
            QuiesceMode.Require => QuiescePolicy.Require,
            QuiesceMode.Never => QuiescePolicy.Never,
            _ => QuiescePolicy.Prefer,
        };
        Entry = await Changes.PlanSnapshotAsync(vm, AdmitAsync, cancellationToken).ConfigureAwait(false);
        _began = context.Time.GetTimestamp();
        var vss = context.Job.Vss switch
        {
            VssMode.Full => VssPolicy.Full,
            VssMode.FileSystem => VssPolicy.FileSystem,
            _ => VssPolicy.Copy,
        };
        Snapshot = await guest.AroundAsync(
            () => Snapshots.CreateAsync(vm.Id, Changes.SnapshotName, Changes.SnapshotDescription(vm), policy, vss, cancellationToken),
            cancellationToken).ConfigureAwait(false);
        await Changes.SnapshotMadeAsync(Entry, Snapshot.Snapshot, cancellationToken).ConfigureAwait(false);
        return Snapshot;
    }

    /// <summary>
    /// Removes the snapshot and consolidates if that is needed, once none of its disks is attached any more (vSphere requirement 8); also after a failure and a cancellation, so it has a time limit of its own. What
    /// cannot be removed stays in the journal for the janitor.
    /// </summary>
    /// <returns>What went wrong, or null.</returns>
    public async Task<Failure?> RemoveAsync()
    {
        if (Entry == 0)
        {
            return null;
        }

        using var limit = new CancellationTokenSource(RemovalLimit, context.Time);
        try
        {
            await DetachAsync(limit.Token).ConfigureAwait(false);
            var snapshot = Snapshot?.Snapshot ?? (await FindAsync(limit.Token).ConfigureAwait(false))?.Id;
            if (snapshot is { } ours)
            {
                var removed = await Snapshots.RemoveAsync(vm.Id, ours, limit.Token).ConfigureAwait(false);
                _removal = removed.Took;
                if (removed.ConsolidationFailure is { } stuck)
                {
                    return await StuckAsync(stuck, limit.Token).ConfigureAwait(false);
                }
            }

            await Changes.SnapshotGoneAsync(Entry, limit.Token).ConfigureAwait(false);
            return null;
        }
        catch (Exception exception) when (Expected.Failure(exception, vm.Name, Step) is not null)
        {
            return await StuckAsync(exception, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return Left($"it took longer than {RemovalLimit.TotalHours:0} hours");
        }
        finally
        {
            context.Guard.SnapshotGone();
        }
    }

    async Task<long> AdmitAsync(Catalog.JournalEntry entry, CancellationToken cancellationToken)
    {
        (var id, Waited) = await context.Guard.AdmitAsync(vm, entry, cancellationToken).ConfigureAwait(false);
        return id;
    }

    /// <summary>What a transport could not detach is tried once more: while it is attached, removing the snapshot would leave locked files.</summary>
    async Task DetachAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(DetachLimit, context.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        foreach (var lent in Changes.LentOf(vm))
        {
            try
            {
                await lent.DetachAsync(context.Vcenter.Connection, both.Token).ConfigureAwait(false);
                await Changes.DetachedAsync(lent.Entry, both.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (Why(exception, limit) is { } why)
            {
                throw new EngineException(
                    ReasonCodes.DiskLeft, $"{vm.Name} / {lent.FileName}", "detach the disk", $"It is still attached to the proxy VM: {why}",
                    "Nothing: the next run, or `vmproxy janitor`, tries again.");
            }
        }
    }

    static string? Why(Exception exception, CancellationTokenSource limit) => exception is OperationCanceledException && limit.IsCancellationRequested
        ? $"it took longer than {DetachLimit.TotalMinutes:0} minutes."
        : Expected.Failure(exception, "", Step)?.Message;

    /// <summary>A snapshot of ours whose making failed, or whose answer was lost, may exist all the same.</summary>
    Task<SnapshotInfo?> FindAsync(CancellationToken cancellationToken) =>
        Snapshots.FindAsync(vm.Id, Changes.SnapshotName, Changes.SnapshotDescription(vm), cancellationToken);

    async Task<Failure> StuckAsync(Exception exception, CancellationToken cancellationToken)
    {
        var failure = Expected.Failure(exception, vm.Name, Step)!;
        try
        {
            await Changes.SnapshotStuckAsync(Entry, failure.ToString(), cancellationToken).ConfigureAwait(false);
        }
        catch (Catalog.CatalogException unwritable)
        {
            context.Log.LogWarning(unwritable, "The journal could not note that a snapshot of {Vm} is stuck", vm.Name);
        }

        return Left(failure.Message);
    }

    Failure Left(string why) => new(
        ReasonCodes.SnapshotLeft, vm.Name, Step, $"Snapshot '{Changes.SnapshotName}' is still there: {why}",
        "Nothing: the next run, or `vmproxy janitor`, tries again.");
}
