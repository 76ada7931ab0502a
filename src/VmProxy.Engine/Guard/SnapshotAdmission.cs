using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Guard;

/// <summary>
/// Lets a snapshot begin when its turn and its room have come. All that it needs is taken at once, in the transaction that journals it, so nobody
/// holds a part and waits for the rest; disk slots are taken later, by those that have their snapshot. So no two can wait for each other.
/// </summary>
sealed class SnapshotAdmission(GuardScope scope, RoomMeter meter)
{
    /// <summary>How soon what another process has given back is noticed.</summary>
    static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A snapshot of this process went: those that wait look again at once.</summary>
    public void Gone() => Interlocked.Exchange(ref _gone, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>Waits for turn and room and journals the snapshot.</summary>
    /// <returns>The journal's entry, and why it had to wait, if it had.</returns>
    /// <exception cref="EngineException">There is no room, or the wait took longer than is allowed.</exception>
    public async Task<(long Entry, Failure? Waited)> AdmitAsync(
        VirtualMachine vm, RoomPlan plan, JournalEntry entry, CancellationToken cancellationToken)
    {
        var started = scope.Time.GetTimestamp();
        string? waitedFor = null;
        while (true)
        {
            var gone = Volatile.Read(ref _gone).Task;
            var (id, reason) = await TryAsync(vm, plan, entry, cancellationToken).ConfigureAwait(false);
            var waited = scope.Time.GetElapsedTime(started);
            if (id is { } admitted)
            {
                return (admitted, waitedFor is null ? null : new Failure(
                    GuardCodes.Waited, vm.Name, "wait for other snapshots", $"It waited {Sizes.Text(waited)}, for {waitedFor}.", ""));
            }

            if (waitedFor is null)
            {
                scope.Log.LogInformation("{Vm}: waits for other snapshots: {Reason}", vm.Name, reason);
            }

            waitedFor = reason;
            if (waited >= scope.Guard.SnapshotWait)
            {
                throw new EngineException(
                    GuardCodes.WaitTooLong, vm.Name, "wait for other snapshots", $"It waited {Sizes.Text(waited)}, and still {reason}.",
                    "No snapshot was made. Run it later, or let more go on at once (VmProxy:Guard).");
            }

            await WaitAsideAsync(gone, cancellationToken).ConfigureAwait(false);
            if (scope.BeginUntil is { } until && scope.Time.GetUtcNow() >= until)
            {
                throw new EngineException(VmTurns.WindowClosed(vm.Name, until));
            }
        }
    }

    /// <summary>Those that could go on, on other datastores and hosts, must not stand behind one that waits.</summary>
    async Task WaitAsideAsync(Task gone, CancellationToken cancellationToken)
    {
        scope.VmSlots?.Release();
        try
        {
            await WaitAsync(gone, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (scope.VmSlots is { } slots)
            {
                // Whoever took the place gives it back: as soon as it ends, or waits itself.
                await slots.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    async Task<(long? Entry, string Reason)> TryAsync(VirtualMachine vm, RoomPlan plan, JournalEntry entry, CancellationToken cancellationToken)
    {
        // Measuring asks vCenter, so it comes after the cheap look at whose turn it is.
        var journalled = Judge(await scope.Catalog.Journal.ListOpenAsync(cancellationToken).ConfigureAwait(false));
        var early = journalled.Busy(entry) ?? journalled.Full(plan.Intent, plan.Needs, scope.Guard);
        if (early is not null)
        {
            return (null, early);
        }

        plan = await meter.PlanAgainAsync(vm, plan, cancellationToken).ConfigureAwait(false);
        var reason = "";
        Failure? refusal = null;
        var id = await scope.Catalog.Journal.TryBeginAsync(entry with { Intent = plan.Intent.ToJson() }, Admits, cancellationToken).ConfigureAwait(false);
        return refusal is null ? (id, reason) : throw new EngineException(refusal);

        bool Admits(IReadOnlyList<JournalRecord> journal)
        {
            var open = Judge(journal);
            var against = open.Busy(entry) ?? open.Full(plan.Intent, plan.Needs, scope.Guard) ?? open.NoRoom(plan.Needs, vm.Name, out refusal);
            reason = against ?? "";
            return against is null;
        }
    }

    OpenSnapshots Judge(IReadOnlyList<JournalRecord> journal) =>
        new(journal, scope.Vcenter.Connection.InstanceUuid, scope.Time.GetUtcNow(), scope.Processes);

    async Task WaitAsync(Task gone, CancellationToken cancellationToken)
    {
        using var woken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(gone, Task.Delay(LookAgain, scope.Time, woken.Token)).ConfigureAwait(false);
        await woken.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
