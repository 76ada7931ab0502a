using VmProxy.Engine.Backup.Trust;
using VmProxy.Engine.Transports;
using VmProxy.Repository;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>One disk of a snapshot: transports are ranked, the planned areas are read and stored.</summary>
sealed class DiskBackup(BackupContext context, VirtualMachine vm, SnapshotState snapshot, SpotCheck spotCheck)
{
    /// <summary>Copies the disk into the point that is being written.</summary>
    public async Task<(PointDisk Disk, DiskReport Report)> RunAsync(DiskPlan plan, WriteSession session, CancellationToken cancellationToken)
    {
        var disk = plan.Disk;
        var subject = $"{vm.Name} / {disk.Label}";
        var request = new SnapshotDiskRequest(vm, snapshot.Snapshot, disk);
        var reading = new DiskReading(context, request, context.Transports.Choose(vm, disk), subject);
        var (areaBytes, done) = (0L, 0L);
        var writer = await reading.RunAsync(
            async (device, token) =>
            {
                plan = await spotCheck.ConfirmAsync(plan, device, token).ConfigureAwait(false);
                areaBytes = plan.Areas.Sum(area => area.Length);
                return (session.OpenDiskWriter(OptionsOf(plan)), plan.Areas);
            },
            bytes => context.Progress?.Report(new WorkProgress(subject, Interlocked.Add(ref done, bytes), areaBytes)),
            cancellationToken).ConfigureAwait(false);
        var map = await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        var report = new DiskReport
        {
            Label = disk.Label,
            Key = disk.Key,
            Level = plan.Level,
            LevelReason = plan.Reason,
            Transport = reading.Used,
            TransportReasons = [.. reading.Transports.SelectMany(transport => transport.Codes)],
            Transports = reading.Transports,
            Replaced = reading.Replaced,
            CapacityBytes = disk.CapacityBytes,
            AreaBytes = areaBytes,
            ReadBytes = reading.BytesRead,
            Slowed = reading.Slowed,
            CheckedBytes = plan.CheckedBytes,
        };
        return (Record(disk, plan, map, report), report);
    }

    static DiskWriterOptions OptionsOf(DiskPlan plan) => new()
    {
        Length = plan.Disk.CapacityBytes, ChunkSize = plan.ChunkSize, Base = plan.Base?.Map, BasePoint = plan.BasePoint, Damaged = plan.Damaged,
    };

    static PointDisk Record(VirtualDisk disk, DiskPlan plan, DiskMap map, DiskReport report) => new()
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
        Reasons = [new PointReason(plan.Reason, plan.Explanation), .. PointTransports.Reasons(report.Transports)],
        ChangedBytes = report.AreaBytes,
        ReadBytes = report.ReadBytes,
        Map = map,
        Properties = new Dictionary<string, string>([DiskTracks.ToProperty(plan.Track), PointTransports.ToProperty(report.Transports)]),
    };
}
