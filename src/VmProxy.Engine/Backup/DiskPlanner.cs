using VmProxy.Engine.Backup.Trust;
using VmProxy.Engine.Configuration;
using VmProxy.Repository;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>Decides for each disk of a snapshot what must be read, and says why.</summary>
sealed class DiskPlanner(BackupContext context, VirtualMachine vm, SnapshotState snapshot, RestorePoint? basePoint, ChangeTrackingDoubts doubts)
{
    readonly Lazy<Task<bool>> _startedUnderSnapshots =
        new(() => context.Vcenter.Connection.ChangeTrackingOrigin.StartedUnderSnapshotsAsync(snapshot, CancellationToken.None));

    Host? Host => context.Inventory.Hosts.FirstOrDefault(candidate => candidate.Id == (snapshot.HostId ?? vm.HostId));

    /// <summary>The plan of one disk.</summary>
    public async Task<DiskPlan> PlanAsync(VirtualDisk disk, CancellationToken cancellationToken)
    {
        var baseDisk = basePoint?.Disks.FirstOrDefault(candidate => candidate.Key == disk.Key);
        var previous = baseDisk is null ? null : DiskTracks.Of(baseDisk);
        var current = await TrackAsync(disk, previous, cancellationToken).ConfigureAwait(false);
        if (context.Level == BackupLevel.Full)
        {
            return await FullAsync(
                disk, current, new TrustVerdict(false, ReasonCodes.FullRequested, "a full backup was asked for"), isDowngrade: false, cancellationToken)
                .ConfigureAwait(false);
        }

        var trust = doubts.Standing(disk.Key) is { } doubt && baseDisk is not null
            ? new TrustVerdict(false, ChangeTrackingCodes.Distrusted, $"{doubt.Reason} (found {doubt.FoundAt:u} by run {doubt.RunId}), and no full has been made since")
            : ChangeTrackingTrust.Judge(previous, current);
        if (!trust.IsTrusted)
        {
            return await FullAsync(disk, current, trust, isDowngrade: baseDisk is not null, cancellationToken).ConfigureAwait(false);
        }

        var changed = await context.Vcenter.Connection.ChangedAreas
            .QueryAsync(vm.Id, snapshot.Snapshot, disk.Key, disk.CapacityBytes, baseDisk!.ChangeId!, cancellationToken).ConfigureAwait(false);
        return changed switch
        {
            ChangedAreas.Areas areas => await WithDamageAsync(
                new DiskPlan(disk, context.Level, trust.Code, trust.Reason, areas.Ranges, baseDisk, baseDisk.Map.ChunkSize, IsDowngrade: false)
                {
                    Track = current,
                    Answer = areas.Ranges,
                    BasePoint = basePoint!.Id,
                },
                cancellationToken).ConfigureAwait(false),
            ChangedAreas.Unavailable unavailable => await FullAsync(
                disk, current, new TrustVerdict(false, unavailable.Code, unavailable.Reason), isDowngrade: true, cancellationToken).ConfigureAwait(false),
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
    async Task<DiskTrack> TrackAsync(VirtualDisk disk, DiskTrack? previous, CancellationToken cancellationToken)
    {
        var track = snapshot.Track(disk, Host);
        var spoilt = track.ChangeId is not null && await _startedUnderSnapshots.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        return track.Remembering(previous, spoilt);
    }

    /// <summary>
    /// A full reads what is allocated where that can be believed (vSphere requirement 5), and nothing speaks against change tracking; else everything.
    /// </summary>
    async Task<DiskPlan> FullAsync(VirtualDisk disk, DiskTrack track, TrustVerdict why, bool isDowngrade, CancellationToken cancellationToken)
    {
        var plan = new DiskPlan(
            disk, BackupLevel.Full, why.Code, why.Reason, [new ByteRange(0, disk.CapacityBytes)], Base: null,
            (int)context.Repository.Settings.ChunkSize.Bytes, isDowngrade)
        {
            Track = track,
        };
        if (ChangeTrackingTrust.SpoilsAllocation(why.Code) || track.SpoiltEpoch is not null || doubts.Standing(disk.Key) is not null
            || !AllocationHint.Judge(disk, context.Inventory.Datastores, vm.Datacenter?.Id, Host).IsTrusted)
        {
            return plan;
        }

        var allocated = await context.Vcenter.Connection.ChangedAreas
            .QueryAllocatedHintAsync(vm.Id, snapshot.Snapshot, disk.Key, disk.CapacityBytes, cancellationToken).ConfigureAwait(false);
        return allocated is ChangedAreas.Areas known ? plan with { Areas = known.Ranges, Answer = known.Ranges } : plan;
    }
}
