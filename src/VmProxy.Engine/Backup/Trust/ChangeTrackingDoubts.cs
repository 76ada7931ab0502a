using VmProxy.Catalog;
using VmProxy.Repository;

namespace VmProxy.Engine.Backup.Trust;

/// <summary>What earlier spot checks found out about a VM's disks. A doubt stands until a point holds a full of the disk.</summary>
sealed class ChangeTrackingDoubts
{
    readonly IReadOnlyList<ChangeTrackingDoubt> _doubts;

    ChangeTrackingDoubts(IReadOnlyList<ChangeTrackingDoubt> doubts) => _doubts = doubts;

    public static async Task<ChangeTrackingDoubts> ReadAsync(CatalogDatabase catalog, VmKey vm, CancellationToken cancellationToken) =>
        new(await catalog.ChangeTrackingDoubts.ListAsync(vm, cancellationToken).ConfigureAwait(false));

    /// <summary>The doubt that stands; null when the disk's changed areas may be believed.</summary>
    public ChangeTrackingDoubt? Standing(int diskKey) => _doubts.FirstOrDefault(doubt => doubt.DiskKey == diskKey && doubt.LiftedAt is null);

    /// <summary>Whether this epoch of change tracking ever left out changes of the disk.</summary>
    public bool WasCaught(int diskKey, string epoch) => _doubts.Any(doubt => doubt.DiskKey == diskKey && doubt.Epoch == epoch);

    /// <summary>The point exists: doubts about the disks of which it holds a full are lifted.</summary>
    public static async Task LiftAsync(CatalogDatabase catalog, VmKey vm, RestorePoint point, CancellationToken cancellationToken)
    {
        var doubts = await ReadAsync(catalog, vm, cancellationToken).ConfigureAwait(false);
        foreach (var disk in point.Disks.Where(disk => disk.Level == LevelNames.Full && doubts.Standing(disk.Key) is not null))
        {
            await catalog.ChangeTrackingDoubts.LiftAsync(vm, disk.Key, point.Id, cancellationToken).ConfigureAwait(false);
        }
    }
}
