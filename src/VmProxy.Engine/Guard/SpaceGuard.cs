using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using VmProxy.Blocks;
using VmProxy.Catalog;
using VmProxy.Engine.Failures;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Guard;

/// <summary>
/// The guard of one run: no snapshot without room for it and its merge, no more of them at once than is good for a datastore or a host, none that
/// stays when room runs out or age comes, and no source that is read faster than it can answer.
/// </summary>
sealed class SpaceGuard : IAsyncDisposable
{
    readonly GuardScope _scope;
    readonly RoomMeter _meter;
    readonly SnapshotAdmission _admission;
    readonly SpaceWatch _watch;
    readonly ConcurrentDictionary<ObjectId, RoomPlan> _plans = new();

    public SpaceGuard(GuardScope scope)
    {
        _scope = scope;
        _meter = new RoomMeter(scope);
        _admission = new SnapshotAdmission(scope, _meter);
        _watch = new SpaceWatch(scope);
    }

    /// <summary>Refuses a VM for whose backup there is no room even if nobody else took any, before anything is changed.</summary>
    /// <exception cref="EngineException">
    /// <see cref="Backup.ReasonCodes.NoRoom"/>, <see cref="GuardCodes.RepositoryFull"/> or <see cref="GuardCodes.StateFull"/>.
    /// </exception>
    public async Task RequireRoomAsync(VirtualMachine vm, CancellationToken cancellationToken)
    {
        var plan = await _meter.PlanAsync(vm, cancellationToken).ConfigureAwait(false);
        if (plan.Needs.FirstOrDefault(need => !need.FitsBeside(0)) is { } tight)
        {
            throw new EngineException(tight.Refusal(vm.Name));
        }

        _plans[vm.Id] = plan;
    }

    /// <summary>Waits until the VM's snapshot may be made and journals it.</summary>
    /// <returns>The journal's entry, and why it had to wait, if it had.</returns>
    /// <exception cref="EngineException">There is no room any more, or the wait took longer than is allowed.</exception>
    public Task<(long Entry, Failure? Waited)> AdmitAsync(VirtualMachine vm, JournalEntry entry, CancellationToken cancellationToken) =>
        _admission.AdmitAsync(vm, _plans[vm.Id], entry, cancellationToken);

    /// <summary>Watches over a snapshot that was made, until the result is disposed.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="made">Its snapshot.</param>
    /// <param name="entry">The snapshot's entry in the journal, where other runs see what it takes.</param>
    /// <param name="cancellationToken">Ends the backup.</param>
    public WatchedSnapshot Watch(VirtualMachine vm, SnapshotCreated made, long entry, CancellationToken cancellationToken) =>
        _watch.Watch(vm, made.Snapshot, entry, _plans.GetValueOrDefault(vm.Id), cancellationToken);

    /// <summary>A snapshot of the run is gone, or is left to the janitor: others may go on.</summary>
    public void SnapshotGone() => _admission.Gone();

    /// <summary>A source that is read no faster than it can answer. It owns nothing.</summary>
    public PacedBlockDevice Pace(IBlockDevice device, string subject) => new(
        _scope.Parts.Source(device), ownsInner: false, TimeSpan.FromMilliseconds(_scope.Guard.ReadLatencyMilliseconds), _scope.Time,
        allowed => _scope.Log.LogInformation("{Disk}: the source answers slowly; {Reads} reads at the same time from now on", subject, allowed));

    public ValueTask DisposeAsync() => _watch.DisposeAsync();
}
