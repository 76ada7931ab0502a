using System.Collections.Concurrent;
using VmProxy.Catalog;
using VmProxy.Engine.Sessions;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>
/// The journal of one run in one vCenter: each change is on stable storage before it is made, and closed once it is undone. Every call passes
/// a checkpoint before and after the write.
/// </summary>
sealed class ChangeLog(CatalogDatabase catalog, ICheckpoints checkpoints, string runId, string vcenterUuid) : IChangeJournal
{
    readonly ConcurrentDictionary<long, LentDisk> _lent = new();

    /// <summary>The name of the run's snapshots; nobody else's have it.</summary>
    public string SnapshotName { get; } = $"vmproxy {runId}";

    /// <summary>The description of the run's snapshot of a VM, which proves who made it even without the journal.</summary>
    public string SnapshotDescription(VirtualMachine vm) => catalog.Installation.Mark.Create(runId, vcenterUuid, vm.InstanceUuid ?? "");

    /// <summary>Journals a snapshot by way of the guard, which lets it begin when its turn has come.</summary>
    public Task<long> PlanSnapshotAsync(VirtualMachine vm, Func<JournalEntry, CancellationToken, Task<long>> admit, CancellationToken cancellationToken) =>
        BeginAsync(JournalKind.Snapshot, () => admit(Entry(vm, JournalKind.Snapshot), cancellationToken));

    public Task SnapshotMadeAsync(long id, ObjectId snapshot, CancellationToken cancellationToken) =>
        PassAsync(JournalKind.Snapshot, Moments.Made, () => catalog.Journal.MarkDoneAsync(id, snapshot.ToString(), cancellationToken));

    public Task SnapshotGoneAsync(long id, CancellationToken cancellationToken) =>
        PassAsync(JournalKind.Snapshot, Moments.Gone, () => catalog.Journal.MarkUndoneAsync(id, cancellationToken));

    public Task SnapshotStuckAsync(long id, string error, CancellationToken cancellationToken) =>
        catalog.Journal.RecordFailureAsync(id, error, cancellationToken);

    public Task<long> PlanChangeTrackingAsync(VirtualMachine vm, CancellationToken cancellationToken) =>
        BeginAsync(Entry(vm, JournalKind.ChangeTracking), cancellationToken);

    /// <summary>A reset of change tracking: should this run die in the middle, tracking must be switched on again.</summary>
    public Task<long> PlanResetAsync(VirtualMachine vm, CancellationToken cancellationToken) =>
        BeginAsync(Entry(vm, JournalKind.ChangeTracking) with { Intent = JournalIntents.Reset }, cancellationToken);

    public Task ChangeTrackingKeptAsync(long id, CancellationToken cancellationToken) =>
        PassAsync(JournalKind.ChangeTracking, Moments.Made, () => catalog.Journal.MarkKeptAsync(id, cancellationToken));

    public Task ChangeTrackingNotMadeAsync(long id, CancellationToken cancellationToken) =>
        PassAsync(JournalKind.ChangeTracking, Moments.Gone, () => catalog.Journal.MarkUndoneAsync(id, cancellationToken));

    public async Task<long> PlanAttachAsync(AttachIntent intent, CancellationToken cancellationToken)
    {
        var entry = Entry(intent.Vm, JournalKind.Attach) with
        {
            SnapshotMoRef = intent.Snapshot.ToString(),
            ProxyVmMoRef = intent.ProxyVm.ToString(),
            FileName = intent.FileName,
        };
        var id = await BeginAsync(entry, cancellationToken).ConfigureAwait(false);
        _lent[id] = new LentDisk(id, intent.Vm.Id, intent.ProxyVm, intent.FileName, DeviceKey: null);
        return id;
    }

    public Task AttachedAsync(long id, int deviceKey, CancellationToken cancellationToken)
    {
        _lent[id] = _lent[id] with { DeviceKey = deviceKey };
        return PassAsync(JournalKind.Attach, Moments.Made, () => catalog.Journal.MarkDoneAsync(id, deviceKey, cancellationToken));
    }

    public async Task DetachedAsync(long id, CancellationToken cancellationToken)
    {
        await PassAsync(JournalKind.Attach, Moments.Gone, () => catalog.Journal.MarkUndoneAsync(id, cancellationToken)).ConfigureAwait(false);
        _lent.TryRemove(id, out _);
    }

    /// <summary>The disks of a VM that may still be attached to the proxy.</summary>
    public IReadOnlyList<LentDisk> LentOf(VirtualMachine vm) => [.. _lent.Values.Where(lent => lent.Vm == vm.Id).OrderBy(lent => lent.Entry)];

    JournalEntry Entry(VirtualMachine vm, JournalKind kind) => new()
    {
        RunId = runId,
        Kind = kind,
        VcenterUuid = vcenterUuid,
        VmMoRef = vm.Id.ToString(),
        VmInstanceUuid = vm.InstanceUuid ?? "",
        VmName = vm.Name,
        Mark = SnapshotName,
    };

    Task<long> BeginAsync(JournalEntry entry, CancellationToken cancellationToken) =>
        BeginAsync(entry.Kind, () => catalog.Journal.BeginAsync(entry, cancellationToken));

    async Task<long> BeginAsync(JournalKind change, Func<Task<long>> begin)
    {
        await checkpoints.ReachedAsync(Moments.Of(change, Moments.Planning)).ConfigureAwait(false);
        var id = await begin().ConfigureAwait(false);
        await checkpoints.ReachedAsync(Moments.Of(change, Moments.Planned)).ConfigureAwait(false);
        return id;
    }

    async Task PassAsync(JournalKind kind, string moment, Func<Task> write)
    {
        await checkpoints.ReachedAsync(Moments.Of(kind, moment)).ConfigureAwait(false);
        await write().ConfigureAwait(false);
        await checkpoints.ReachedAsync(Moments.Of(kind, $"{moment}.{Moments.Recorded}")).ConfigureAwait(false);
    }
}
