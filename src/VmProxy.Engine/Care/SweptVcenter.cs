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
    static readonly TimeSpan OldForAnother = TimeSpan.FromDays(1);

    readonly SweptChange _changes = new(vcenter, inventory, sweep);

    VcenterConnection Connection => vcenter.Connection;

    /// <summary>Undoes the change of a journal entry that this run has taken over.</summary>
    public async Task UndoAsync(JournalRecord record, CancellationToken cancellationToken)
    {
        await sweep.ReachedAsync(Moments.SweepTaken).ConfigureAwait(false);
        await _changes.UndoAsync(record, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Removes snapshots that bear our keyed mark and belong to no run at work: their journal may be lost, the mark is proof. Each gets an entry in the
    /// journal first, so that what is left half done is finished by the next sweep.
    /// </summary>
    public async Task FindMarkedSnapshotsAsync(IReadOnlySet<string> busyRuns, CancellationToken cancellationToken)
    {
        var journalled = (await sweep.Catalog.Journal.ListOpenAsync(cancellationToken).ConfigureAwait(false))
            .Where(record => record.Entry.Kind == JournalKind.Snapshot)
            .SelectMany(record => new[] { (record.Entry.VmMoRef, record.Entry.SnapshotMoRef), (record.Entry.VmMoRef, record.Entry.Mark) })
            .ToHashSet();
        foreach (var vm in inventory.VirtualMachines.Where(vm => vm.InstanceUuid is not null))
        {
            foreach (var snapshot in vm.Snapshots.Where(snapshot => Verdict(vm, snapshot).Ownership == Ownership.Ours))
            {
                var runId = Verdict(vm, snapshot).RunId!;
                if (busyRuns.Contains(runId)
                    || journalled.Contains((vm.Id.ToString(), snapshot.Id.ToString())) || journalled.Contains((vm.Id.ToString(), snapshot.Name)))
                {
                    continue;
                }

                if (await sweep.IsRunAliveAsync(runId, snapshot.Created, cancellationToken).ConfigureAwait(false))
                {
                    sweep.OwnedByRunningRuns++;
                }
                else
                {
                    await AdoptAsync(vm, snapshot, cancellationToken).ConfigureAwait(false);
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

        try
        {
            await FindForeignDisksAsync(proxy, cancellationToken).ConfigureAwait(false);
        }
        catch (VsphereException exception)
        {
            // The rest of the sweep does not depend on it.
            sweep.Errors.Add(Expected.Failure(exception, proxy.Name, "look for attached disks")!);
        }
    }

    async Task FindForeignDisksAsync(VirtualMachine proxy, CancellationToken cancellationToken)
    {
        var homes = inventory.VirtualMachines.Where(vm => vm.Id != proxy.Id).SelectMany(vm => vm.Disks).SelectMany(disk => disk.Chain).ToHashSet();
        var attached = await Connection.Disks.ListAsync(proxy.Id, cancellationToken).ConfigureAwait(false);
        // Other runs attach and detach meanwhile: a disk is journalled before it is attached, and detached before its entry is closed. So one
        // that was there before the journal was read, is there after it, and has no entry, is nobody's.
        var open = await sweep.Catalog.Journal.ListOpenAsync(cancellationToken).ConfigureAwait(false);
        var journalled = open.Select(record => record.Entry.FileName).ToHashSet();
        var remaining = (await Connection.Disks.ListAsync(proxy.Id, cancellationToken).ConfigureAwait(false)).Select(disk => disk.FileName).ToHashSet();
        // A disk in the mode that hot-add uses is suspect even when the VM that it belongs to is gone.
        sweep.Findings.AddRange(attached
            .Where(disk => (homes.Contains(disk.FileName) || disk.DiskMode == "independent_nonpersistent")
                && !journalled.Contains(disk.FileName) && remaining.Contains(disk.FileName))
            .Select(disk => new Failure(
                ReasonCodes.ForeignDisk, $"{proxy.Name} / {disk.Label}", "look for attached disks",
                $"{disk.FileName} of another VM is attached, and no journal entry knows of it.", "Detach it by hand (keep its files) if nobody needs it.")));
    }

    /// <summary>Lists snapshots that are not ours, with age, size and owner. One whose mark is doubtful, or that another installation forgot, is a finding.</summary>
    public async Task ReportOtherSnapshotsAsync(CancellationToken cancellationToken)
    {
        var ours = (await sweep.Catalog.Journal.ListOpenAsync(cancellationToken).ConfigureAwait(false)).Select(record => record.Entry.SnapshotMoRef).ToHashSet();
        foreach (var seen in inventory.VirtualMachines.Where(vm => vm.Snapshots.Count > 0))
        {
            var vm = await RefreshedAsync(seen, cancellationToken).ConfigureAwait(false);
            foreach (var snapshot in vm.Snapshots)
            {
                var verdict = Verdict(seen, snapshot);
                if (verdict.Ownership == Ownership.Ours || ours.Contains(snapshot.Id.ToString()))
                {
                    continue;
                }

                var age = sweep.Now - snapshot.Created;
                var owner = SnapshotOwners.Of(snapshot.Name, verdict);
                sweep.OtherSnapshots.Add(new OtherSnapshot(
                    vm.Name, snapshot.Name, snapshot.Created, (long)Math.Max(0, age.TotalSeconds), snapshot.SizeBytes, owner));
                if (verdict.Ownership == Ownership.NotProven || (verdict.Ownership == Ownership.OtherInstallation && age > OldForAnother))
                {
                    sweep.Findings.Add(new Failure(
                        ReasonCodes.NotProvablyOurs, $"{vm.Name} / snapshot {snapshot.Name}", "look for snapshots of ours",
                        $"It bears a VmProxy mark that is not this installation's (taken {snapshot.Created:u}, owner {owner}).", "Remove it by hand if nobody needs it."));
                }
            }
        }
    }

    OwnershipVerdict Verdict(VirtualMachine vm, SnapshotInfo snapshot) =>
        sweep.Catalog.Installation.Mark.Verify(snapshot.Description, Connection.InstanceUuid, vm.InstanceUuid ?? "");

    /// <summary>Sizes are of the server's last look at the files; who asks on command gets those of now.</summary>
    async Task<VirtualMachine> RefreshedAsync(VirtualMachine vm, CancellationToken cancellationToken)
    {
        if (sweep.Occasion != SweepOccasion.Command)
        {
            return vm;
        }

        try
        {
            await Connection.VirtualMachines.RefreshStorageAsync(vm.Id, cancellationToken).ConfigureAwait(false);
            return await Connection.VirtualMachines.ReadAsync(vm.Id, cancellationToken).ConfigureAwait(false);
        }
        catch (VsphereException)
        {
            // It is reported as it was seen.
            return vm;
        }
    }

    async Task AdoptAsync(VirtualMachine vm, SnapshotInfo snapshot, CancellationToken cancellationToken)
    {
        var id = await sweep.Catalog.Journal.BeginAsync(
            new JournalEntry
            {
                RunId = sweep.RunId,
                Kind = JournalKind.Snapshot,
                VcenterUuid = Connection.InstanceUuid,
                VmMoRef = vm.Id.ToString(),
                VmInstanceUuid = vm.InstanceUuid!,
                VmName = vm.Name,
                Mark = snapshot.Name,
                SnapshotMoRef = snapshot.Id.ToString(),
            },
            cancellationToken).ConfigureAwait(false);
        await sweep.ReachedAsync(Moments.SweepAdopted).ConfigureAwait(false);
        var entries = await sweep.Catalog.Journal.ListOfRunAsync(sweep.RunId, cancellationToken).ConfigureAwait(false);
        await _changes.UndoAsync(entries.Single(entry => entry.Id == id), cancellationToken).ConfigureAwait(false);
    }
}
