using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Sessions;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Care;

/// <summary>Undoes journalled changes in one vCenter, or finds that there is nothing to undo.</summary>
sealed class SweptChange(OpenedVcenter vcenter, Inventory inventory, Sweep sweep)
{
    static readonly TimeSpan DetachLimit = TimeSpan.FromMinutes(10);

    /// <summary>VMs of which a disk may still be attached to a proxy: their snapshots stay until it is detached (vSphere requirement 8).</summary>
    readonly HashSet<ObjectId> _attached = [];

    VcenterConnection Connection => vcenter.Connection;

    /// <summary>Undoes the change of an entry and closes it. What cannot be undone keeps its entry and is among the sweep's errors.</summary>
    public async Task UndoAsync(JournalRecord record, CancellationToken cancellationToken)
    {
        try
        {
            await (record.Entry.Kind switch
            {
                JournalKind.Attach => DetachAsync(record, cancellationToken),
                JournalKind.Snapshot => RemoveAsync(record, cancellationToken),
                JournalKind.ChangeTracking => SettleTrackingAsync(record, cancellationToken),
                _ => throw new InvalidOperationException($"Journal entry {record.Id} is of unknown kind {record.Entry.Kind}."),
            }).ConfigureAwait(false);
        }
        catch (Exception exception) when (Expected.Failure(exception, record.Entry.VmName, "clean up after a crash") is { } failure)
        {
            if (record.Entry.Kind == JournalKind.Attach)
            {
                _attached.Add(ObjectId.Parse(record.Entry.VmMoRef));
            }

            await sweep.FailAsync(record, failure, cancellationToken).ConfigureAwait(false);
        }
    }

    async Task DetachAsync(JournalRecord record, CancellationToken cancellationToken)
    {
        var lent = new LentDisk(
            record.Id, ObjectId.Parse(record.Entry.VmMoRef), ObjectId.Parse(record.Entry.ProxyVmMoRef!), record.Entry.FileName!, record.DeviceKey);
        if (inventory.VirtualMachines.Any(vm => vm.Id == lent.ProxyVm) && await DetachAsync(lent, record.Entry.VmName, cancellationToken).ConfigureAwait(false))
        {
            sweep.DetachedDisks.Add($"{lent.FileName} of {record.Entry.VmName}");
        }

        await sweep.CloseAsync(record, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whoever has his turn at the proxy VM may hang: no run waits for that before its own work.</summary>
    async Task<bool> DetachAsync(LentDisk lent, string vm, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(DetachLimit, sweep.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await lent.DetachAsync(Connection, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EngineException(
                ReasonCodes.DiskLeft, $"{vm} / {lent.FileName}", "detach the disk",
                $"It is still attached to the proxy VM: it took longer than {DetachLimit.TotalMinutes:0} minutes.", "Nothing: the next run, or `vmproxy janitor`, tries again.");
        }
    }

    async Task RemoveAsync(JournalRecord record, CancellationToken cancellationToken)
    {
        if (VmOf(record.Entry) is { } vm && !await RemoveAsync(vm, record, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        await sweep.CloseAsync(record, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether nothing is left of the snapshot.</summary>
    async Task<bool> RemoveAsync(VirtualMachine vm, JournalRecord record, CancellationToken cancellationToken)
    {
        if (record.Entry.SnapshotMoRef is null)
        {
            // The dead run may have asked for it a moment ago: the task that makes it goes on without us.
            await Connection.Tasks.SettleAsync(vm.Id, vm.Name, cancellationToken).ConfigureAwait(false);
        }

        var existing = await Connection.Snapshots.ListAsync(vm.Id, cancellationToken).ConfigureAwait(false);
        if (existing.FirstOrDefault(snapshot => IsOurs(snapshot, vm, record.Entry)) is { } ours)
        {
            await RequireNotHeldAsync(vm, record.Entry, cancellationToken).ConfigureAwait(false);
            var removed = await Connection.Snapshots.RemoveAsync(vm.Id, ours.Id, cancellationToken).ConfigureAwait(false);
            sweep.RemovedSnapshots.Add($"{ours.Name} of {vm.Name}");
            return removed.ConsolidationFailure is { } stuck ? throw stuck : true;
        }

        if (vm.ConsolidationNeeded)
        {
            // The snapshot went, its disks stayed: a crash, or a locked file, between removal and consolidation.
            if (sweep.NotBefore(record) is { } until)
            {
                sweep.Wait(record, until);
                return false;
            }

            await Connection.Snapshots.ConsolidateAsync(vm.Id, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>
    /// The journal is proof by the snapshot's reference. Before that was known, or when the VM was registered anew and has other references, it is
    /// proof by the name, which holds the run's id, unless a mark says that another made it.
    /// </summary>
    bool IsOurs(SnapshotInfo snapshot, VirtualMachine vm, JournalEntry entry) =>
        entry.SnapshotMoRef is not null && vm.Id.ToString() == entry.VmMoRef
            ? snapshot.Id.ToString() == entry.SnapshotMoRef
            : snapshot.Name == entry.Mark
                && sweep.Catalog.Installation.Mark.Verify(snapshot.Description, entry.VcenterUuid, entry.VmInstanceUuid).Ownership != Ownership.OtherInstallation;

    /// <summary>The VM of an entry; null when it is gone. References change when a VM is registered anew, and may then be another's.</summary>
    VirtualMachine? VmOf(JournalEntry entry) =>
        inventory.VirtualMachines.FirstOrDefault(vm => vm.Id.ToString() == entry.VmMoRef && IsSame(vm, entry))
        ?? inventory.VirtualMachines.FirstOrDefault(vm => entry.VmInstanceUuid.Length > 0 && vm.InstanceUuid == entry.VmInstanceUuid);

    static bool IsSame(VirtualMachine vm, JournalEntry entry) =>
        string.IsNullOrEmpty(vm.InstanceUuid) || entry.VmInstanceUuid.Length == 0 || vm.InstanceUuid == entry.VmInstanceUuid;

    /// <summary>No snapshot goes while a disk of it is attached to another VM: ours that could not be detached, or one that the journal does not know.</summary>
    async Task RequireNotHeldAsync(VirtualMachine vm, JournalEntry entry, CancellationToken cancellationToken)
    {
        var why = _attached.Contains(vm.Id) ? "a disk of it is still attached to the proxy VM" : await HolderAsync(vm, cancellationToken).ConfigureAwait(false);
        if (why is not null)
        {
            throw new EngineException(
                ReasonCodes.DiskHeld, vm.Name, "remove the snapshot", $"Snapshot '{entry.Mark}' stays: {why}.",
                "Detach the disk there, keeping its files; the next run, or `vmproxy janitor`, then removes the snapshot.");
        }
    }

    async Task<string?> HolderAsync(VirtualMachine vm, CancellationToken cancellationToken)
    {
        var files = vm.Disks.SelectMany(disk => disk.Chain).ToHashSet();
        foreach (var other in inventory.VirtualMachines.Where(other => other.Id != vm.Id && other.Disks.Any(disk => files.Contains(disk.FileName))))
        {
            // This sweep may have detached it since the inventory was read.
            var attached = await Connection.Disks.ListAsync(other.Id, cancellationToken).ConfigureAwait(false);
            if (attached.FirstOrDefault(disk => files.Contains(disk.FileName)) is { } held)
            {
                return $"{held.FileName} is attached to {other.Name}";
            }
        }

        return null;
    }

    /// <summary>
    /// Change tracking is never switched off by a janitor: the entry learns whether it was switched on. Only a reset that died in the middle is finished,
    /// for it had been on before.
    /// </summary>
    async Task SettleTrackingAsync(JournalRecord record, CancellationToken cancellationToken)
    {
        var vm = VmOf(record.Entry);
        if (vm is not null && record.Entry.Intent == JournalIntents.Reset)
        {
            await Connection.Tasks.SettleAsync(vm.Id, vm.Name, cancellationToken).ConfigureAwait(false);
            var switched = await Connection.ChangeTracking.EnableAsync(vm.Id, cancellationToken).ConfigureAwait(false);
            if (!switched.IsOn)
            {
                throw new EngineException(
                    switched.Code, vm.Name, "switch changed block tracking on again after a reset that died", $"{switched.Reason}.",
                    "Remove the reason; the next run, or `vmproxy janitor`, tries again.");
            }
        }

        await (vm is { ChangeTrackingEnabled: true } || (vm is not null && record.Entry.Intent == JournalIntents.Reset)
            ? sweep.KeepAsync(record, cancellationToken)
            : sweep.CloseAsync(record, cancellationToken)).ConfigureAwait(false);
    }
}
