namespace VmProxy.Repository.Index;

/// <summary>
/// Merges segments in bounded memory (docs/FORMAT.md, "Index segments", Superseding). Needs no lock: a record is left out only when
/// the caller knows that its pack was deleted; so two compactions at once, or one beside writers, at worst leave a record twice.
/// </summary>
internal sealed class IndexCompactor(IObjectStore store, ChunkIndex index, byte[] key, TimeProvider time, int maxRecords)
{
    const int RecordsPerCancellationCheck = 4096;

    public async Task<CompactionReport> RunAsync(CompactionOptions options, CancellationToken cancellationToken)
    {
        await index.RefreshAsync(cancellationToken).ConfigureAwait(false);
        using var lease = index.Acquire();
        var (removed, waiting) = await RemoveMergedAsync(lease.Segments, options.KeepMerged, cancellationToken).ConfigureAwait(false);
        var chosen = options.All ? lease.Segments : CompactionPlan.Choose(lease.Segments, options.DeletedPacks, maxRecords);
        var damaged = options.All ? [] : chosen.Where(segment => !segment.IsIntact()).ToList();
        var merged = chosen.Except(damaged).ToList();

        // Those that wait beside a segment that is merged now would count again if nobody listed them.
        RandomId[] superseded =
        [
            .. merged.Select(segment => segment.Id), .. merged.SelectMany(segment => segment.Superseded).Where(waiting.Contains),
            .. options.All ? index.DamagedIds : [],
        ];
        var (written, length) = await MergeAsync(merged, superseded, options.DeletedPacks, cancellationToken).ConfigureAwait(false);
        foreach (var segment in written)
        {
            await ProveAsync(segment.Name, cancellationToken).ConfigureAwait(false);
        }

        if (options.KeepMerged <= TimeSpan.Zero || written.Count == 0)
        {
            removed += await RemoveAsync(superseded.Select(ObjectNames.IndexSegment), cancellationToken).ConfigureAwait(false);
        }

        await index.RefreshAsync(cancellationToken).ConfigureAwait(false);

        var records = written.Sum(segment => (long)segment.Count);
        return new CompactionReport(
            lease.Segments.Count, merged.Count, written.Count, removed, records, merged.Sum(segment => (long)segment.Count) - records, length,
            [.. damaged.Select(segment => segment.Name)]);
    }

    /// <summary>Removes what earlier compactions have merged, once their segments are old enough and prove themselves.</summary>
    /// <returns>How many, and the ids of those that are still there.</returns>
    async Task<(int Removed, HashSet<RandomId> Waiting)> RemoveMergedAsync(IReadOnlyList<IndexSegment> active, TimeSpan keep, CancellationToken cancellationToken)
    {
        var listed = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        await foreach (var info in store.ListAsync(ObjectNames.IndexSegments, cancellationToken).ConfigureAwait(false))
        {
            listed[info.Name] = info.Modified;
        }

        var removed = 0;
        var waiting = new HashSet<RandomId>();
        var oldEnough = keep <= TimeSpan.Zero ? DateTimeOffset.MaxValue : time.GetUtcNow() - keep;
        foreach (var segment in active)
        {
            var merged = segment.Superseded.Where(id => listed.ContainsKey(ObjectNames.IndexSegment(id))).ToList();
            if (merged.Count > 0 && listed.TryGetValue(segment.Name, out var modified) && modified <= oldEnough && segment.IsIntact())
            {
                removed += await RemoveAsync(merged.Select(ObjectNames.IndexSegment), cancellationToken).ConfigureAwait(false);
            }
            else
            {
                waiting.UnionWith(merged);
            }
        }

        return (removed, waiting);
    }

    async Task<int> RemoveAsync(IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var name in names)
        {
            await store.DeleteAsync(name, cancellationToken).ConfigureAwait(false);
            removed++;
        }

        return removed;
    }

    /// <summary>Reads a new segment back before the merged ones go: what the disk made of it counts.</summary>
    async Task ProveAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            using var view = await store.MapAsync(name, cancellationToken).ConfigureAwait(false);
            using var segment = IndexSegment.Open(name, view, key);
            if (!segment.IsIntact())
            {
                throw RepositoryException.Damaged(name, "The index segment that was just written does not read back as it was; the merged ones are kept.");
            }
        }
        catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.NotFound)
        {
            // Another compaction has merged it already, and proved its own.
        }
    }

    async Task<(List<WrittenSegment> Segments, long Length)> MergeAsync(
        List<IndexSegment> merged, RandomId[] superseded, IReadOnlySet<RandomId> gone, CancellationToken cancellationToken)
    {
        var written = new List<WrittenSegment>();
        var total = merged.Sum(segment => (long)segment.Count);
        var merge = new SegmentMerge(merged);
        var unusable = index.Unusable;
        var kept = new List<ChunkLocation>();
        SegmentWriter? writer = null;
        var length = 0L;
        try
        {
            for (var step = 0; merge.MoveNext(); step++)
            {
                if (step % RecordsPerCancellationCheck == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }

                Keep(merge.Locations, gone, unusable, kept);
                foreach (var location in kept)
                {
                    if (writer is { IsFull: true })
                    {
                        length += await CompleteAsync(writer, [], written, cancellationToken).ConfigureAwait(false);
                        writer = null;
                    }

                    writer ??= await SegmentWriter.CreateAsync(
                        store, (int)Math.Min(maxRecords, total - merge.Taken + merge.Locations.Count), key, cancellationToken).ConfigureAwait(false);
                    await writer.AddAsync(merge.Id, location, cancellationToken).ConfigureAwait(false);
                }
            }

            if (writer is not null)
            {
                length += await CompleteAsync(writer, superseded, written, cancellationToken).ConfigureAwait(false);
                writer = null;
            }
        }
        finally
        {
            if (writer is not null)
            {
                await writer.DisposeAsync().ConfigureAwait(false);
            }
        }

        return (written, length);
    }

    /// <summary>The places in packs that exist, the most reliable first.</summary>
    static void Keep(IReadOnlyList<ChunkLocation> locations, IReadOnlySet<RandomId> gone, Unusable unusable, List<ChunkLocation> kept)
    {
        kept.Clear();
        foreach (var location in locations)
        {
            if (!gone.Contains(location.Pack.Header.Id))
            {
                kept.Add(location);
            }
        }

        if (kept.Count > 1)
        {
            kept.Sort((left, right) => unusable.StateOf(left).CompareTo(unusable.StateOf(right)));
        }
    }

    static async Task<long> CompleteAsync(
        SegmentWriter writer, RandomId[] superseded, List<WrittenSegment> written, CancellationToken cancellationToken)
    {
        await using (writer.ConfigureAwait(false))
        {
            await writer.CompleteAsync(superseded, cancellationToken).ConfigureAwait(false);
            written.Add(new WrittenSegment(ObjectNames.IndexSegment(writer.Id), writer.Count));
            return writer.Length;
        }
    }

    readonly record struct WrittenSegment(string Name, int Count);
}
