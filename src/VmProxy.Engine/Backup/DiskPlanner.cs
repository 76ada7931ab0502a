using VmProxy.Engine.Configuration;
using VmProxy.Repository;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>Decides for each disk of a snapshot what must be read, and says why.</summary>
sealed class DiskPlanner(BackupContext context, VirtualMachine vm, SnapshotState snapshot, RestorePoint? basePoint)
{
    /// <summary>The plan of one disk.</summary>
    public async Task<DiskPlan> PlanAsync(VirtualDisk disk, CancellationToken cancellationToken)
    {
        var baseDisk = basePoint?.Disks.FirstOrDefault(candidate => candidate.Key == disk.Key);
        if (context.Level == BackupLevel.Full)
        {
            return await FullAsync(disk, ReasonCodes.FullRequested, "a full backup was asked for", isDowngrade: false, trusted: true, cancellationToken)
                .ConfigureAwait(false);
        }

        var trust = ChangeTrackingTrust.Judge(baseDisk is null ? null : DiskTracks.Of(baseDisk), TrackOf(disk));
        if (!trust.IsTrusted)
        {
            return await FullAsync(
                disk, trust.Code, trust.Reason, isDowngrade: baseDisk is not null, trusted: trust.Code != ChangeTrackingCodes.HostBuildKnownBad,
                cancellationToken).ConfigureAwait(false);
        }

        var changed = await context.Vcenter.Connection.ChangedAreas
            .QueryAsync(vm.Id, snapshot.Snapshot, disk.Key, disk.CapacityBytes, baseDisk!.ChangeId!, cancellationToken).ConfigureAwait(false);
        return changed switch
        {
            ChangedAreas.Areas areas => await WithDamageAsync(
                new DiskPlan(disk, context.Level, trust.Code, trust.Reason, areas.Ranges, baseDisk, baseDisk.Map.ChunkSize, IsDowngrade: false)
                {
                    BasePoint = basePoint!.Id,
                },
                cancellationToken).ConfigureAwait(false),
            ChangedAreas.Unavailable unavailable => await FullAsync(
                disk, unavailable.Code, unavailable.Reason, isDowngrade: true, trusted: false, cancellationToken).ConfigureAwait(false),
            _ => throw new InvalidOperationException($"Unknown answer {changed}."),
        };
    }

    /// <summary>What the base has lost in the repository is read again from the disk: the new point must be whole.</summary>
    async Task<DiskPlan> WithDamageAsync(DiskPlan plan, CancellationToken cancellationToken)
    {
        var damaged = await context.Repository.Repository.DamagedRangesAsync(plan.Base!.Map, cancellationToken).ConfigureAwait(false);
        return damaged.Count == 0 ? plan : plan with
        {
            Damaged = damaged,
            Areas = ByteRange.Normalize([.. plan.Areas, .. damaged.Select(range => new ByteRange(range.Offset, range.Length))], plan.Disk.CapacityBytes),
        };
    }

    /// <summary>What is to be remembered of the disk for the next incremental.</summary>
    public DiskTrack TrackOf(VirtualDisk disk) =>
        snapshot.Track(disk, context.Inventory.Hosts.FirstOrDefault(candidate => candidate.Id == (snapshot.HostId ?? vm.HostId)));

    /// <summary>
    /// A full reads what is allocated where that can be believed: change tracking is on and not in doubt, and the disk lies on VMFS
    /// (vSphere requirement 5); else everything.
    /// </summary>
    async Task<DiskPlan> FullAsync(
        VirtualDisk disk, string reason, string explanation, bool isDowngrade, bool trusted, CancellationToken cancellationToken)
    {
        IReadOnlyList<ByteRange> areas = [new ByteRange(0, disk.CapacityBytes)];
        var datastore = context.Inventory.Datastores.FirstOrDefault(candidate => candidate.Id == disk.DatastoreId);
        if (trusted && !string.IsNullOrEmpty(disk.ChangeId) && datastore?.Kind == DatastoreKind.Vmfs)
        {
            var allocated = await context.Vcenter.Connection.ChangedAreas
                .QueryAllocatedHintAsync(vm.Id, snapshot.Snapshot, disk.Key, disk.CapacityBytes, cancellationToken).ConfigureAwait(false);
            if (allocated is ChangedAreas.Areas known)
            {
                areas = known.Ranges;
            }
        }

        return new DiskPlan(
            disk, BackupLevel.Full, reason, explanation, areas, Base: null, (int)context.Repository.Settings.ChunkSize.Bytes, isDowngrade);
    }
}
