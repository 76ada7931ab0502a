using VmProxy.Catalog;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Sessions;
using VmProxy.Repository;

namespace VmProxy.Engine.Backup;

/// <summary>
/// The earlier points of a repository, read from the repository itself: a lost or stale catalog never picks a wrong base. The catalog adds
/// only what verification found.
/// </summary>
sealed class PointHistory
{
    readonly IReadOnlyList<RestorePoint> _points;

    PointHistory(IReadOnlyList<RestorePoint> points) => _points = points;

    /// <summary>No points at all, for work that makes none.</summary>
    public static PointHistory None { get; } = new([]);

    public static async Task<PointHistory> ReadAsync(OpenedRepository repository, CatalogDatabase catalog, CancellationToken cancellationToken)
    {
        var shelf = await repository.Repository.ListPointsAsync(cancellationToken).ConfigureAwait(false);
        var records = await catalog.Points.ListAsync(new PointFilter { RepositoryId = repository.Repository.Id }, cancellationToken)
            .ConfigureAwait(false);
        var damaged = records.Where(record => record.Health == PointHealth.Damaged).Select(record => record.Id).ToHashSet();
        return new PointHistory([.. shelf.Where(point => !damaged.Contains(point.Id)).OrderBy(point => point.Time)]);
    }

    /// <summary>The good points of a VM, oldest first.</summary>
    public IReadOnlyList<RestorePoint> Of(VmKey vm) =>
        [.. _points.Where(point => point.Vm.VcenterUuid == vm.VcenterUuid && point.Vm.InstanceUuid == vm.InstanceUuid)];

    /// <summary>The point from which changes are counted: for a differential the last full one, else the last.</summary>
    public RestorePoint? BaseOf(VmKey vm, BackupLevel level) => _points.LastOrDefault(point =>
        point.Vm.VcenterUuid == vm.VcenterUuid && point.Vm.InstanceUuid == vm.InstanceUuid
        && (level != BackupLevel.Differential || point.Level == LevelNames.Full));

    /// <summary>The points after the disk's last full, up to a point and with it: each rests on changed areas.</summary>
    public IReadOnlyList<string> SinceFull(VmKey vm, int diskKey, string last) =>
    [
        .. _points.Where(point => point.Vm.VcenterUuid == vm.VcenterUuid && point.Vm.InstanceUuid == vm.InstanceUuid)
            .Reverse()
            .SkipWhile(point => point.Id != last)
            .TakeWhile(point => point.Disks.FirstOrDefault(disk => disk.Key == diskKey) is { } disk && disk.Level != LevelNames.Full)
            .Select(point => point.Id)
            .Reverse(),
    ];
}
