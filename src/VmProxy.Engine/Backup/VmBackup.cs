using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Engine.Backup.Anomalies;
using VmProxy.Engine.Backup.Trust;
using VmProxy.Engine.Commands;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Guard;
using VmProxy.Engine.Sessions;
using VmProxy.Repository;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>The way of one VM's backup, from top to bottom.</summary>
sealed class VmBackup(BackupContext context, VirtualMachine vm)
{
    readonly List<Failure> _warnings = [];
    readonly List<Failure> _notes = [];
    readonly List<CommandReport> _commands = [];
    VmVerdict _verdict = Judge(context, vm);
    SnapshotTimes? _times;

    VcenterConnection Connection => context.Vcenter.Connection;

    VmKey Key => new(Connection.InstanceUuid, vm.InstanceUuid ?? "");

    /// <summary>Backs the VM up. Expected failures become the report's error; bugs and cancellation come through, after everything is undone.</summary>
    public async Task<VmReport> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LookAgainAsync(cancellationToken).ConfigureAwait(false);
            RequireEligible();
            RequireTransports();
            await EncryptedVm.RequireAsync(context, vm, cancellationToken).ConfigureAwait(false);
            await context.Guard.RequireRoomAsync(vm, cancellationToken).ConfigureAwait(false);
            await SwitchChangeTrackingOnAsync(cancellationToken).ConfigureAwait(false);
            return await WithSnapshotAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (Expected.Failure(exception, vm.Name, "back up") is { } failure)
        {
            context.Log.LogError("{Vm}: {Failure}", vm.Name, failure);
            return new VmReport
            {
                Name = vm.Name, Outcome = Outcome.Failed, Error = failure, Warnings = _warnings, Snapshot = _times, Notes = _notes, Commands = _commands,
            };
        }
    }

    async Task<VmReport> WithSnapshotAsync(CancellationToken cancellationToken)
    {
        var keeper = new SnapshotKeeper(context, vm);
        WatchedSnapshot? watched = null;
        VmReport report;
        RestorePoint point;
        try
        {
            var taken = await keeper.TakeAsync(new FreezeAndThaw(context, vm, _commands, _warnings), cancellationToken).ConfigureAwait(false);
            watched = context.Guard.Watch(vm, taken, keeper.Entry, cancellationToken);
            cancellationToken = watched.Token;
            NoteConsistency(taken);
            var said = _warnings.Count;
            (point, report) = await new MovingVm(context, vm, _notes).ReadAsync(
                taken.Snapshot,
                snapshot =>
                {
                    // What an attempt said that was given up, the next one says again where it still holds.
                    _warnings.RemoveRange(said, _warnings.Count - said);
                    JudgeAddedDisks(snapshot);
                    said = _warnings.Count;
                    return StoreAsync(taken, snapshot, cancellationToken);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (watched?.Explains(exception) == true)
        {
            throw new EngineException(watched.GivenUp!, exception);
        }
        finally
        {
            watched?.Leave();
            if (await keeper.RemoveAsync().ConfigureAwait(false) is { } left)
            {
                context.Log.LogWarning("{Failure}", left);
                _warnings.Add(left);
            }

            watched?.Dispose();
            Note(keeper, watched);
        }

        await RecordAsync(point, report).ConfigureAwait(false);
        return report with
        {
            Outcome = _warnings.Count == 0 ? Outcome.Done : Outcome.Warning, Warnings = _warnings, Snapshot = _times, Notes = _notes, Commands = _commands,
        };
    }

    void Note(SnapshotKeeper keeper, WatchedSnapshot? watched)
    {
        _times = keeper.Times;
        _notes.AddRange(new[] { keeper.Waited }.OfType<Failure>());
        _warnings.AddRange(new[] { watched?.Blind }.OfType<Failure>());
    }

    /// <summary>Reads what the snapshot holds and makes the point.</summary>
    async Task<(RestorePoint Point, VmReport Report)> StoreAsync(SnapshotCreated taken, SnapshotState snapshot, CancellationToken cancellationToken)
    {
        vm = vm with { HostId = snapshot.HostId ?? vm.HostId };
        var session = await context.Repository.Repository.BeginSessionAsync(cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            var disks = await CopyDisksAsync(snapshot, session, cancellationToken).ConfigureAwait(false);
            var files = await new VmFiles(context, vm).StoreAsync(snapshot, session, _warnings, cancellationToken).ConfigureAwait(false);
            await RequireStillTrueAsync(snapshot, cancellationToken).ConfigureAwait(false);
            var point = await CommitAsync(session, snapshot, taken, disks, files, cancellationToken).ConfigureAwait(false);
            return (point, Report(point, taken, session, disks));
        }
    }

    void RequireEligible()
    {
        if (_verdict.Findings.FirstOrDefault(finding => finding.Kind == FindingKind.Refusal) is { } refusal)
        {
            throw new EngineException(
                refusal.Code, vm.Name, "judge the VM", refusal.Reason + ".",
                refusal.Next.Length > 0 ? refusal.Next : "No snapshot was made. Back such a VM up from inside, or exclude it from the job.");
        }

        if (string.IsNullOrEmpty(vm.InstanceUuid))
        {
            throw new EngineException(
                ReasonCodes.VmWithoutIdentity, vm.Name, "judge the VM", "The server gives it no instance UUID, by which it would be known again.",
                "Give it one (edit its settings once), then run again.");
        }

        Tell(_verdict.Findings);
    }

    void Tell(IEnumerable<Finding> findings)
    {
        foreach (var finding in findings)
        {
            (finding.Kind == FindingKind.Note ? _notes : _warnings).Add(new Failure(finding.Code, vm.Name, "judge the VM", finding.Reason + ".", finding.Next));
        }
    }

    /// <summary>The inventory was read when the run began, perhaps hours before the VM's turn.</summary>
    async Task LookAgainAsync(CancellationToken cancellationToken)
    {
        var now = await Connection.VirtualMachines.ReadAsync(vm.Id, cancellationToken).ConfigureAwait(false);
        vm = now with { Name = vm.Name, InstanceUuid = vm.InstanceUuid, Datacenter = vm.Datacenter, FolderPath = vm.FolderPath };
        _verdict = Judge(context, vm);
    }

    static VmVerdict Judge(BackupContext context, VirtualMachine vm) =>
        new DiskExclusions(context.Job.ExcludeDisks).Apply(vm, Eligibility.Judge(vm, context.Inventory.Datastores));

    /// <summary>What the VM was given while it waited for its snapshot is backed up too, or named.</summary>
    void JudgeAddedDisks(SnapshotState snapshot)
    {
        var added = snapshot.Disks.Where(disk => _verdict.Disks.All(known => known.Disk.Key != disk.Key)).ToArray();
        if (added.Length > 0)
        {
            var judged = Judge(context, vm with { Disks = added }).Disks;
            _verdict = _verdict with { Disks = [.. _verdict.Disks, .. judged] };
            Tell(judged.Select(disk => disk.Exclusion).OfType<Finding>());
        }
    }

    /// <summary>No snapshot for disks that could not be read afterwards.</summary>
    void RequireTransports()
    {
        foreach (var disk in _verdict.Disks.Where(verdict => verdict.IsIncluded).Select(verdict => verdict.Disk))
        {
            context.Transports.Choose(vm, disk).Require($"{vm.Name} / {disk.Label}");
        }
    }

    async Task SwitchChangeTrackingOnAsync(CancellationToken cancellationToken)
    {
        if (!context.Job.EnableChangeTracking || vm.ChangeTrackingEnabled)
        {
            return;
        }

        var entry = await context.Changes.PlanChangeTrackingAsync(vm, cancellationToken).ConfigureAwait(false);
        var result = await Connection.ChangeTracking.EnableAsync(vm.Id, cancellationToken).ConfigureAwait(false);
        if (result.IsOn)
        {
            await context.Changes.ChangeTrackingKeptAsync(entry, cancellationToken).ConfigureAwait(false);
            context.Log.LogInformation("{Vm}: changed block tracking is on from now on", vm.Name);
            return;
        }

        await context.Changes.ChangeTrackingNotMadeAsync(entry, cancellationToken).ConfigureAwait(false);
        _warnings.Add(new Failure(result.Code, vm.Name, "switch changed block tracking on", result.Reason + ".", "Until it is on, every backup of this VM is a full one."));
    }

    void NoteConsistency(SnapshotCreated taken)
    {
        if (taken.DowngradeReason is { } reason)
        {
            _warnings.Add(new Failure(ReasonCodes.CrashConsistent, vm.Name, "quiesce the guest", $"The snapshot is crash-consistent: {reason}.", ""));
        }

        // What the job asks for by itself is a wish that failed; the default is what every VM gets that can.
        var list = context.Job.Vss == VssMode.Copy ? _notes : _warnings;
        if (taken.Vss == VssOutcome.FileSystemOnly)
        {
            list.Add(new Failure(
                ReasonCodes.FileSystemsOnly, vm.Name, "quiesce the guest", "Its file systems were quiesced, its applications were not: that is not possible in an encrypted VM.",
                "Where applications must be consistent, let FreezeCommand and ThawCommand of the job see to it."));
        }
        else if (taken.Vss == VssOutcome.LeftToTools)
        {
            list.Add(new Failure(
                ReasonCodes.VssLeftToTools, vm.Name, "quiesce the guest", "The server is older than 6.5 and takes no wish: the guest's tools decided the kind of VSS backup.", ""));
        }
    }

    async Task<IReadOnlyList<(PointDisk Disk, DiskReport Report)>> CopyDisksAsync(
        SnapshotState snapshot, WriteSession session, CancellationToken cancellationToken)
    {
        var basePoint = context.History.BaseOf(Key, context.Level);
        var doubts = await ChangeTrackingDoubts.ReadAsync(context.Catalog, Key, cancellationToken).ConfigureAwait(false);
        var planner = new DiskPlanner(context, vm, snapshot, basePoint, doubts);
        var spotCheck = new SpotCheck(context, vm, snapshot, doubts, Note);
        using var failing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var copies = IncludedDisks(snapshot).Select(disk => CopyAsync(disk)).ToArray();
        try
        {
            return await Task.WhenAll(copies).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // One disk failed and stopped the others: its failure is the one to tell.
            await Task.WhenAll(copies.Where(copy => copy.IsFaulted)).ConfigureAwait(false);
            throw;
        }

        async Task<(PointDisk, DiskReport)> CopyAsync(VirtualDisk disk)
        {
            try
            {
                await context.DiskSlots.WaitAsync(failing.Token).ConfigureAwait(false);
                try
                {
                    var plan = await planner.PlanAsync(disk, failing.Token).ConfigureAwait(false);
                    NoteDowngrade(plan);
                    NoteDamage(plan);
                    var copied = await new DiskBackup(context, vm, snapshot, spotCheck).RunAsync(plan, session, failing.Token).ConfigureAwait(false);
                    NoteReplaced(copied.Report);
                    return copied;
                }
                finally
                {
                    context.DiskSlots.Release();
                }
            }
            catch
            {
                await failing.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    /// <summary>The disks that the verdict includes, as the snapshot shows them. One that the snapshot lacks must not go unnoticed.</summary>
    IEnumerable<VirtualDisk> IncludedDisks(SnapshotState snapshot) => _verdict.Disks.Where(verdict => verdict.IsIncluded).Select(verdict =>
        snapshot.Disks.FirstOrDefault(disk => disk.Key == verdict.Disk.Key)
        ?? throw new EngineException(
            ReasonCodes.DiskMissing, $"{vm.Name} / {verdict.Disk.Label}", "read the snapshot", "The snapshot does not hold this disk.",
            "It was removed or changed a moment ago: run the backup again.")).ToArray();

    void NoteDowngrade(DiskPlan plan)
    {
        if (plan.IsDowngrade)
        {
            Note(new Failure(
                plan.Reason, $"{vm.Name} / {plan.Disk.Label}", "plan the backup", $"It was read in full though an earlier point exists: {plan.Explanation.TrimEnd('.')}.", ""));
        }
    }

    void Note(Failure warning)
    {
        lock (_warnings)
        {
            _warnings.Add(warning);
        }
    }

    void NoteReplaced(DiskReport report)
    {
        if (report.Replaced is { } replaced)
        {
            lock (_warnings)
            {
                _warnings.Add(replaced);
            }
        }
    }

    /// <summary>The run read more than what had changed, and somebody should know why: a warning, though the new point is whole.</summary>
    void NoteDamage(DiskPlan plan)
    {
        if (plan.Damaged.Count > 0)
        {
            lock (_warnings)
            {
                _warnings.Add(new Failure(
                    ReasonCodes.DamageReadAgain, $"{vm.Name} / {plan.Disk.Label}", "plan the backup",
                    $"The repository has lost {Sizes.Text(plan.Damaged.Sum(range => range.Length))} of the earlier point {plan.BasePoint}; they were read again from the disk, so that the new point is whole.",
                    "Run 'vmproxy repo check --read-data' to see which points are hit, and find out what damages the repository's storage."));
            }
        }
    }

    /// <summary>An operator's "delete all snapshots" merges into the very blocks that are read: then what was read is nobody's state.</summary>
    async Task RequireStillTrueAsync(SnapshotState snapshot, CancellationToken cancellationToken)
    {
        var check = await Connection.Snapshots.CheckAsync(snapshot, cancellationToken).ConfigureAwait(false);
        if (check.Holds)
        {
            new MovingVm(context, vm, _notes).NoteHost(snapshot, check);
        }
        else
        {
            throw new EngineException(
                ReasonCodes.Discarded, vm.Name, "check that the snapshot still holds", $"The point was discarded: {check.Reason} [{check.Code}].",
                "Run the backup again, and let nobody remove snapshots meanwhile. All earlier points are as they were.");
        }

        if (!await context.Catalog.Runs.HeartbeatAsync(context.RunId, cancellationToken).ConfigureAwait(false))
        {
            throw new EngineException(
                ReasonCodes.LeaseLost, vm.Name, "check that the snapshot still holds", "The point was discarded: another run took this one for dead and cleaned up.",
                "Run the backup again.");
        }
    }

    async Task<RestorePoint> CommitAsync(
        WriteSession session, SnapshotState snapshot, SnapshotCreated taken, IReadOnlyList<(PointDisk Disk, DiskReport Report)> disks,
        IReadOnlyList<BlobReference> files, CancellationToken cancellationToken)
    {
        await context.Checkpoints.ReachedAsync(Moments.CommitBefore).ConfigureAwait(false);
        var point = await session.CommitAsync(
            counters => new RestorePoint
            {
                Time = snapshot.Snapshots.First(made => made.Id == snapshot.Snapshot).Created,
                Vm = new PointVm { VcenterUuid = Key.VcenterUuid, InstanceUuid = Key.InstanceUuid, Name = vm.Name, MoRef = vm.Id.ToString() },
                Level = disks.All(disk => disk.Report.Level == BackupLevel.Full) ? LevelNames.Full : LevelNames.Of(context.Level),
                Job = context.Job.Name,
                Properties = new Dictionary<string, string>(PointFacts.Of(vm, snapshot, context.Inventory))
                {
                    [PointRecords.RunProperty] = context.RunId,
                    [PointCost.Property] = PointCost.ToProperty(counters.DataBytesStored),
                },
                Quiesced = taken.Quiesced,
                Disks = [.. disks.Select(disk => PointFacts.With(disk.Disk, snapshot))],
                ExcludedDisks = [.. _verdict.Disks.Where(verdict => !verdict.IsIncluded).Select(verdict =>
                    new ExcludedDisk(verdict.Disk.Key, verdict.Disk.Label, verdict.Exclusion!.Code, verdict.Exclusion.Reason))],
                Blobs = files,
                Warnings = [.. Judged(disks, counters.DataBytesStored, snapshot).Select(warning => warning.ToString())],
            },
            cancellationToken).ConfigureAwait(false);
        await context.Checkpoints.ReachedAsync(Moments.CommitAfter).ConfigureAwait(false);
        return point;
    }

    /// <summary>The warnings, with the one that this point itself gives rise to.</summary>
    IReadOnlyList<Failure> Judged(IReadOnlyList<(PointDisk Disk, DiskReport Report)> disks, long dataBytesStored, SnapshotState snapshot)
    {
        var made = snapshot.Snapshots.First(one => one.Id == snapshot.Snapshot).Created;
        var cost = PointCost.Of([.. disks.Select(disk => disk.Disk)], dataBytesStored, made);
        if (cost is not null && ChangeAnomaly.Judge(vm.Name, cost, PointCost.History(context.History.Of(Key), cost.Level)) is { } anomaly)
        {
            Note(anomaly);
        }

        return _warnings;
    }

    VmReport Report(RestorePoint point, SnapshotCreated taken, WriteSession session, IReadOnlyList<(PointDisk Disk, DiskReport Report)> disks) => new()
    {
        Name = vm.Name,
        Outcome = Outcome.Done,
        Point = point.Id,
        Quiesced = taken.Quiesced,
        Disks = [.. disks.Select(disk => disk.Report)],
        ExcludedDisks = [.. point.ExcludedDisks.Select(disk => new ExcludedDiskReport(disk.Key, disk.Label, disk.Code, disk.Reason))],
        StoredBytes = session.Counters.DataBytesStored + session.Counters.MetadataBytesStored,
        MetadataBytes = session.Counters.MetadataBytesStored,
    };

    /// <summary>The point exists whatever the catalog says, and whether or not the run was cancelled since: what cannot be recorded is a warning.</summary>
    async Task RecordAsync(RestorePoint point, VmReport report)
    {
        try
        {
            var record = PointRecords.Of(context.Repository.Repository.Id, point) with { StoredBytes = report.StoredBytes };
            await context.Catalog.Points.UpsertAsync(record, CancellationToken.None).ConfigureAwait(false);
            await ChangeTrackingDoubts.LiftAsync(context.Catalog, Key, point, CancellationToken.None).ConfigureAwait(false);
        }
        catch (CatalogException exception)
        {
            _warnings.Add(new Failure(ReasonCodes.CatalogBehind, point.Id, "record the point in the catalog", exception.Message, "The point itself is complete."));
        }
    }
}
