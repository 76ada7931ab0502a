using Microsoft.Extensions.Logging;
using VmProxy.Blocks;
using VmProxy.Engine.Backup.Trust;
using VmProxy.Engine.Copying;
using VmProxy.Engine.Failures;
using VmProxy.Repository;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>One disk of a snapshot: a transport is chosen, the planned areas are read and stored.</summary>
sealed class DiskBackup(BackupContext context, VirtualMachine vm, SnapshotState snapshot, SpotCheck spotCheck)
{
    /// <summary>Copies the disk into the point that is being written.</summary>
    public async Task<(PointDisk Disk, DiskReport Report)> RunAsync(
        DiskPlan plan, WriteSession session, CancellationToken cancellationToken)
    {
        var disk = plan.Disk;
        var subject = $"{vm.Name} / {disk.Label}";
        var request = new SnapshotDiskRequest(vm, snapshot.Snapshot, disk);
        var choice = context.Transports.Choose(vm, disk);
        var opened = await choice.Require(request).OpenAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            RequireSize(opened.Device, disk, subject);
            plan = await spotCheck.ConfirmAsync(plan, opened.Device, cancellationToken).ConfigureAwait(false);
            var paced = context.Guard.Pace(opened.Device, subject);
            var source = new CountingBlockDevice(paced, ownsInner: false);
            var writer = session.OpenDiskWriter(new DiskWriterOptions
            {
                Length = disk.CapacityBytes, ChunkSize = plan.ChunkSize, Base = plan.Base?.Map, BasePoint = plan.BasePoint, Damaged = plan.Damaged,
            });
            var areaBytes = plan.Areas.Sum(area => area.Length);
            var done = 0L;
            await DiskCapture.RunAsync(
                source,
                writer,
                plan.Areas,
                plan.ChunkSize,
                bytes => context.Progress?.Report(new WorkProgress(subject, Interlocked.Add(ref done, bytes), areaBytes)),
                cancellationToken).ConfigureAwait(false);
            var map = await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
            var reasons = choice.Verdicts
                .SelectMany(verdict => verdict.Reasons.Select(reason => new PointReason(reason.Code, $"{verdict.Transport}: {reason.Text}")))
                .ToArray();
            var report = new DiskReport
            {
                Label = disk.Label,
                Key = disk.Key,
                Level = plan.Level,
                LevelReason = plan.Reason,
                Transport = opened.Transport,
                TransportReasons = [.. reasons.Select(reason => reason.Code)],
                CapacityBytes = disk.CapacityBytes,
                AreaBytes = areaBytes,
                ReadBytes = source.BytesRead,
                Slowed = paced.Slowed,
                CheckedBytes = plan.CheckedBytes,
            };
            return (Record(disk, plan, map, report, reasons), report);
        }
        finally
        {
            await CloseAsync(opened, subject).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// What was read is good whether or not the disk could be detached afterwards. Its journal entry stays open, so that the snapshot is not
    /// removed before it.
    /// </summary>
    async Task CloseAsync(OpenedDisk opened, string subject)
    {
        try
        {
            await opened.DisposeAsync().ConfigureAwait(false);
        }
        catch (TransportException exception) when (exception.Code == TransportCodes.DetachFailed)
        {
            context.Log.LogWarning("{Disk}: could not be detached; it is tried again before the snapshot is removed: {Reason}", subject, exception.Message);
        }
    }

    static PointDisk Record(VirtualDisk disk, DiskPlan plan, DiskMap map, DiskReport report, IEnumerable<PointReason> transportReasons) => new()
    {
        Key = disk.Key,
        Label = disk.Label,
        CapacityBytes = disk.CapacityBytes,
        ChangeId = disk.ChangeId,
        DiskUuid = disk.Uuid,
        ContentId = disk.ContentId,
        FileName = disk.FileName,
        Level = LevelNames.Of(plan.Level),
        Transport = report.Transport,
        Reasons = [new PointReason(plan.Reason, plan.Explanation), .. transportReasons],
        ChangedBytes = report.AreaBytes,
        ReadBytes = report.ReadBytes,
        Map = map,
        Properties = new Dictionary<string, string>([DiskTracks.ToProperty(plan.Track)]),
    };

    static void RequireSize(IBlockDevice device, VirtualDisk disk, string subject)
    {
        if (device.Length != disk.CapacityBytes)
        {
            throw new EngineException(
                ReasonCodes.DiskSize, subject, "open the disk", $"The device has {device.Length} bytes, and the disk has {disk.CapacityBytes}.",
                "Check that the proxy shows the right device; nothing was stored.");
        }
    }
}
