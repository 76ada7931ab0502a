using VmProxy.Catalog;
using VmProxy.Repository;

namespace VmProxy.Engine.Backup;

/// <summary>A restore point as the catalog lists it.</summary>
static class PointRecords
{
    /// <summary>The property of a point that names the run that made it.</summary>
    public const string RunProperty = "runId";

    public static PointRecord Of(string repositoryId, RestorePoint point) => new()
    {
        RepositoryId = repositoryId,
        Id = point.Id,
        TakenAt = point.Time,
        Vm = new VmKey(point.Vm.VcenterUuid, point.Vm.InstanceUuid),
        VmName = point.Vm.Name,
        VmMoRef = point.Vm.MoRef,
        Level = point.Level,
        Job = point.Job,
        RunId = point.Properties.GetValueOrDefault(RunProperty),
        Quiesced = point.Quiesced,
        WarningCount = point.Warnings.Count,
        ExcludedDisks = point.ExcludedDisks.Count,
        Disks = [.. point.Disks.Select(disk => new PointDiskRecord(
            disk.Key, disk.Label, disk.FileName, disk.CapacityBytes, disk.ChangeId, disk.ChangedBytes, disk.ReadBytes, disk.Transport))],
    };
}
