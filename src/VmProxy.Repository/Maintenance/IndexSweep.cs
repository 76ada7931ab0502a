using VmProxy.Repository.Index;

namespace VmProxy.Repository.Maintenance;

/// <summary>Takes packs that do not exist any more out of the index: each segment that names one is written anew without it.</summary>
internal sealed class IndexSweep(BackupRepository repository, MaintenanceLease lease)
{
    /// <summary>Segments that were replaced.</summary>
    public int Rewritten { get; private set; }

    public async Task RunAsync(IReadOnlySet<RandomId> gone, CancellationToken cancellationToken)
    {
        if (gone.Count == 0)
        {
            return;
        }

        await repository.Index.RefreshAsync(cancellationToken).ConfigureAwait(false);
        using var segments = repository.Index.Acquire();
        await RemoveSupersededAsync(segments.Segments, cancellationToken).ConfigureAwait(false);
        foreach (var segment in segments.Segments.Where(segment => segment.Packs.Any(pack => gone.Contains(pack.Header.Id))))
        {
            await lease.EnsureAsync(cancellationToken).ConfigureAwait(false);
            await ReplaceAsync(segment, gone, cancellationToken).ConfigureAwait(false);
            await repository.Store.DeleteAsync(segment.Name, cancellationToken).ConfigureAwait(false);
            Rewritten++;
        }

        await repository.Index.RefreshAsync(cancellationToken).ConfigureAwait(false);
    }

    // Those of an interrupted compaction: once the segment that lists them goes, they would count again.
    async Task RemoveSupersededAsync(IReadOnlyList<IndexSegment> segments, CancellationToken cancellationToken)
    {
        var superseded = segments.SelectMany(segment => segment.Superseded).Select(ObjectNames.IndexSegment).ToHashSet(StringComparer.Ordinal);
        await foreach (var info in repository.Store.ListAsync(ObjectNames.IndexSegments, cancellationToken).ConfigureAwait(false))
        {
            if (superseded.Contains(info.Name))
            {
                await repository.Store.DeleteAsync(info.Name, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    async Task ReplaceAsync(IndexSegment segment, IReadOnlySet<RandomId> gone, CancellationToken cancellationToken)
    {
        bool[] isGone = [.. segment.Packs.Select(pack => gone.Contains(pack.Header.Id))];
        var kept = 0;
        for (var record = 0; record < segment.Count; record++)
        {
            kept += isGone[segment.RecordAt(record).Pack] ? 0 : 1;
        }

        if (kept == 0)
        {
            return;
        }

        var writer = await SegmentWriter.CreateAsync(repository.Store, kept, repository.Keys.IndexKey, cancellationToken).ConfigureAwait(false);
        await using var _ = writer.ConfigureAwait(false);
        for (var record = 0; record < segment.Count; record++)
        {
            var entry = segment.RecordAt(record);
            if (!isGone[entry.Pack])
            {
                await writer.AddAsync(entry.Id, segment.LocationOf(entry), cancellationToken).ConfigureAwait(false);
            }
        }

        await writer.CompleteAsync([segment.Id], cancellationToken).ConfigureAwait(false);
    }
}
