using VmProxy.Repository.Index;

namespace VmProxy.Repository.Maintenance;

/// <summary>Takes packs that do not exist any more out of the index, and merges segments where they are many.</summary>
internal sealed class IndexSweep(BackupRepository repository, MaintenanceLease lease)
{
    /// <summary>Segments that were replaced.</summary>
    public int Rewritten { get; private set; }

    public async Task RunAsync(IReadOnlySet<RandomId> gone, CancellationToken cancellationToken)
    {
        await lease.EnsureAsync(cancellationToken).ConfigureAwait(false);
        var options = new CompactionOptions { DeletedPacks = gone, KeepMerged = BackupRepository.MergedSegmentsStay };
        Rewritten = (await repository.CompactIndexAsync(options, cancellationToken).ConfigureAwait(false)).SegmentsMerged;
    }
}
