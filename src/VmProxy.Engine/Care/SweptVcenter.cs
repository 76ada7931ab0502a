using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Sessions;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Care;

/// <summary>One vCenter under the janitor's hands.</summary>
sealed class SweptVcenter(OpenedVcenter vcenter, Inventory inventory, Sweep sweep)
{
    /// <summary>VMs of which a disk may still be attached to a proxy: their snapshots stay until it is detached (vSphere requirement 8).</summary>
    readonly HashSet<ObjectId> _attached = [];

    VcenterConnection Connection => vcenter.Connection;

    /// <summary>Undoes the change of a journal entry, or finds that there is nothing to undo, and closes it.</summary>
    public async Task UndoAsync(JournalRecord record, CancellationToken cancellationToken)
    {
        try
        {
            await (record.Entry.Kind switch
            {
                JournalKind.Attach => DetachAsync(record, cancellationToken),
                JournalKind.Snapshot => RemoveAsync(record, cancellationToken),
                JournalKind.ChangeTracking => KeepAsync(record, cancellationToken),
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

    /// <summary>Removes snapshots that bear our keyed mark and belong to no run at work: their journal may be lost, the mark is proof.</summary>
    public async Task FindMarkedSnapshotsAsync(IReadOnlySet<string> busyRuns, CancellationToken cancellationToken)
    {
        foreach (var vm in inventory.VirtualMachines.Where(vm => vm.InstanceUuid is not null && !_attached.Contains(vm.Id)))
        {
            foreach (var snapshot in vm.Snapshots)
            {
                var verdict = sweep.Catalog.Installation.Mark.Verify(snapshot.Description, Connection.InstanceUuid, vm.InstanceUuid!);
                switch (verdict.Ownership)
                {
                    case Ownership.Ours when !busyRuns.Contains(verdict.RunId!)
                        && !await sweep.IsRunAliveAsync(verdict.RunId!, cancellationToken).ConfigureAwait(false):
                        await RemoveMarkedAsync(vm, snapshot, cancellationToken).ConfigureAwait(false);
                        break;
                    case Ownership.OtherInstallation or Ownership.NotProven:
                        sweep.Findings.Add(new Failure(
                            ReasonCodes.NotProvablyOurs, $"{vm.Name} / snapshot {snapshot.Name}", "look for snapshots of ours",
                            $"It bears a VmProxy mark that is not this installation's (taken {snapshot.Created:u}).", "Remove it by hand if nobody needs it."));
                        break;
                }
            }
        }
    }

    /// <summary>Reports disks of other VMs that are attached to the proxy and that no journal entry knows.</summary>
    public async Task FindForeignDisksAsync(string? proxyName, CancellationToken cancellationToken)
    {
        if (ProxyVmFinder.Find(proxyName, inventory).Proxy is not { } proxy)
        {
            return;
        }

        var homes = inventory.VirtualMachines.Where(vm => vm.Id != proxy.Id).SelectMany(vm => vm.Disks).SelectMany(disk => disk.Chain).ToHashSet();
        var attached = await Connection.Disks.ListAsync(proxy.Id, cancellationToken).ConfigureAwait(false);
        // Other runs attach and detach meanwhile: a disk is journalled before it is attached, and detached before its entry is closed. So one
        // that was there before the journal was read, is there after it, and has no entry, is nobody's.
        var open = await sweep.Catalog.Journal.ListOpenAsync(cancellationToken).ConfigureAwait(false);
        var journalled = open.Select(record => record.Entry.FileName).ToHashSet();
        var remaining = (await Connection.Disks.ListAsync(proxy.Id, cancellationToken).ConfigureAwait(false)).Select(disk => disk.FileName).ToHashSet();
        sweep.Findings.AddRange(attached
            .Where(disk => homes.Contains(disk.FileName) && !journalled.Contains(disk.FileName) && remaining.Contains(disk.FileName))
            .Select(disk => new Failure(
                ReasonCodes.ForeignDisk, $"{proxy.Name} / {disk.Label}", "look for attached disks",
                $"{disk.FileName} of another VM is attached, and no journal entry knows of it.", "Detach it by hand (keep its files) if nobody needs it.")));
    }

    async Task DetachAsync(JournalRecord record, CancellationToken cancellationToken)
    {
        var lent = new LentDisk(
            record.Id, ObjectId.Parse(record.Entry.VmMoRef), ObjectId.Parse(record.Entry.ProxyVmMoRef!), record.Entry.FileName!, record.DeviceKey);
        if (inventory.VirtualMachines.Any(vm => vm.Id == lent.ProxyVm)
            && await lent.DetachAsync(Connection, cancellationToken).ConfigureAwait(false))
        {
            sweep.DetachedDisks.Add($"{lent.FileName} of {record.Entry.VmName}");
        }

        await sweep.CloseAsync(record, cancellationToken).ConfigureAwait(false);
    }

    async Task RemoveAsync(JournalRecord record, CancellationToken cancellationToken)
    {
        var id = ObjectId.Parse(record.Entry.VmMoRef);
        if (_attached.Contains(id))
        {
            throw new EngineException(
                ReasonCodes.SnapshotLeft, record.Entry.VmName, "remove the snapshot", $"Snapshot '{record.Entry.Mark}' stays: a disk of it is still attached to the proxy VM.",
                "Nothing: the next run, or `vmproxy janitor`, tries again.");
        }

        if (inventory.VirtualMachines.FirstOrDefault(vm => vm.Id == id) is { } vm)
        {
            if (record.Entry.SnapshotMoRef is null)
            {
                // The dead run may have asked for it a moment ago: the task that makes it goes on without us.
                await Connection.Tasks.SettleAsync(vm.Id, vm.Name, cancellationToken).ConfigureAwait(false);
            }

            var existing = await Connection.Snapshots.ListAsync(vm.Id, cancellationToken).ConfigureAwait(false);
            var ours = existing.FirstOrDefault(snapshot => snapshot.Id.ToString() == record.Entry.SnapshotMoRef)
                ?? existing.FirstOrDefault(snapshot => record.Entry.SnapshotMoRef is null && snapshot.Name == record.Entry.Mark
                    && sweep.Catalog.Installation.Mark.Verify(snapshot.Description, record.Entry.VcenterUuid, record.Entry.VmInstanceUuid).Ownership == Ownership.Ours);
            if (ours is not null)
            {
                await Connection.Snapshots.RemoveAsync(vm.Id, ours.Id, cancellationToken).ConfigureAwait(false);
                sweep.RemovedSnapshots.Add($"{ours.Name} of {vm.Name}");
            }
            else if (vm.ConsolidationNeeded)
            {
                // The snapshot went, its disks stayed: a crash between removal and consolidation.
                await Connection.Snapshots.ConsolidateAsync(vm.Id, cancellationToken).ConfigureAwait(false);
            }
        }

        await sweep.CloseAsync(record, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Change tracking is never switched off by us: the entry only learns whether it was switched on.</summary>
    async Task KeepAsync(JournalRecord record, CancellationToken cancellationToken)
    {
        var id = ObjectId.Parse(record.Entry.VmMoRef);
        if (inventory.VirtualMachines.FirstOrDefault(vm => vm.Id == id) is { ChangeTrackingEnabled: true })
        {
            await sweep.Catalog.Journal.MarkKeptAsync(record.Id, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await sweep.CloseAsync(record, cancellationToken).ConfigureAwait(false);
        }
    }

    async Task RemoveMarkedAsync(VirtualMachine vm, SnapshotInfo snapshot, CancellationToken cancellationToken)
    {
        try
        {
            var existing = await Connection.Snapshots.ListAsync(vm.Id, cancellationToken).ConfigureAwait(false);
            if (existing.Any(candidate => candidate.Id == snapshot.Id))
            {
                await Connection.Snapshots.RemoveAsync(vm.Id, snapshot.Id, cancellationToken).ConfigureAwait(false);
                sweep.RemovedSnapshots.Add($"{snapshot.Name} of {vm.Name}");
            }
        }
        catch (Exception exception) when (Expected.Failure(exception, vm.Name, "remove a snapshot of ours") is { } failure)
        {
            sweep.Errors.Add(failure);
        }
    }
}
