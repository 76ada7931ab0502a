using System.Collections.Concurrent;
using VmProxy.Repository.Checking;
using VmProxy.Repository.Index;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Rebuild;

/// <summary>
/// Makes the index again: the trailer of every pack gives its records, which are written as sorted runs and merged, together with whatever
/// still proves itself of the segments that are there. May run beside writers: it only adds what packs hold.
/// </summary>
internal sealed class IndexRebuild(BackupRepository repository, IProgress<RebuildProgress>? progress)
{
    // 24 MiB of records in memory.
    const int RecordsPerRun = 512 << 10;

    readonly TrailerReader _reader = new(repository.Store, repository.Keys, repository.Seal);
    readonly ConcurrentBag<RebuildDamage> _damaged = [];

    public async Task<RebuildReport> RunAsync(CancellationToken cancellationToken)
    {
        var started = repository.Time.GetTimestamp();
        await repository.Index.RefreshAsync(cancellationToken).ConfigureAwait(false);
        using var adding = new SemaphoreSlim(1);
        var packs = await ListAsync(cancellationToken).ConfigureAwait(false);
        var runs = new IndexRuns(repository.Store, repository.Keys.IndexKey, RecordsPerRun);
        var (done, bytes) = (0, 0L);
        await Workers.ForEachAsync(packs.ToAsyncEnumerable(), repository.Tuning.CheckWorkers, async (pack, token) =>
        {
            if (await ReadAsync(pack, token).ConfigureAwait(false) is not var (info, frames))
            {
                return;
            }

            await adding.WaitAsync(token).ConfigureAwait(false);
            try
            {
                await runs.AddAsync(info, frames, token).ConfigureAwait(false);
                (done, bytes) = (done + 1, bytes + pack.Length);
                progress?.Report(new RebuildProgress(done, packs.Count, runs.Count));
            }
            finally
            {
                adding.Release();
            }
        }, cancellationToken).ConfigureAwait(false);
        await runs.FlushAsync(cancellationToken).ConfigureAwait(false);

        // Segments that were merged go at once: damaged ones among them would be reported for another day.
        var merged = await repository.CompactIndexAsync(new CompactionOptions { All = true }, cancellationToken).ConfigureAwait(false);
        return new RebuildReport(
            done, bytes, _reader.BytesRead, runs.Count, merged.SegmentsWritten, repository.Time.GetElapsedTime(started),
            [.. _damaged.OrderBy(damage => damage.Pack, StringComparer.Ordinal).ThenBy(damage => damage.Offset)]);
    }

    async Task<List<PackObject>> ListAsync(CancellationToken cancellationToken)
    {
        using var lease = repository.Index.Acquire();
        var known = lease.Segments.SelectMany(segment => segment.Packs).DistinctBy(pack => pack.Header.Id).ToDictionary(pack => pack.Header.Id);
        var packs = new List<PackObject>();
        foreach (var (prefix, kind) in new[] { (ObjectNames.DataPacks, PackKind.Data), (ObjectNames.MetadataPacks, PackKind.Metadata) })
        {
            await foreach (var info in repository.Store.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
            {
                if (ObjectNames.TryParse(info.Name, out var id) && info.Name == ObjectNames.Pack(kind, id))
                {
                    packs.Add(new PackObject(id, kind, info.Length, known.GetValueOrDefault(id)));
                }
            }
        }

        return packs;
    }

    async ValueTask<(PackInfo Pack, IReadOnlyList<ListedFrame> Frames)?> ReadAsync(PackObject pack, CancellationToken cancellationToken)
    {
        try
        {
            var (header, problem) = await _reader.HeaderAsync(pack.Name, cancellationToken).ConfigureAwait(false);
            if (problem is not null)
            {
                Report(new RebuildDamage(pack.Name, 0, problem));
            }

            foreach (var candidate in header is null ? Candidates(pack) : [header])
            {
                await repository.Keys.EnsureEpochAsync(candidate.Epoch, cancellationToken).ConfigureAwait(false);
                if (await _reader.FramesAsync(candidate, pack.Length, cancellationToken).ConfigureAwait(false) is { } frames)
                {
                    return (new PackInfo(candidate, pack.Length), frames);
                }
            }

            return await ScanAsync(pack, header ?? Candidates(pack).First(), cancellationToken).ConfigureAwait(false);
        }
        catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.NotFound)
        {
            return null; // deleted by a prune meanwhile
        }
        catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.Damaged or RepositoryErrorCodes.StoreFailed)
        {
            await new StoreReader(repository.Store).RequireStoreAsync(cancellationToken).ConfigureAwait(false);
            Report(new RebuildDamage(pack.Name, 0, error.Message));
            return null;
        }
    }

    async Task<(PackInfo, IReadOnlyList<ListedFrame>)?> ScanAsync(PackObject pack, PackHeader header, CancellationToken cancellationToken)
    {
        Report(new RebuildDamage(pack.Name, pack.Length, "The pack's trailer is not what was written; its frames were looked for one by one."));
        var key = repository.Keys.PackKey(header.Epoch, header.Id, pack.Name);
        var scan = new PackScan(_reader, new FrameProof(repository.Keys, repository.Zstd), Report);
        return (new PackInfo(header, pack.Length), await scan.RunAsync(header, key, pack.Length, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>What a pack's header can have been: only its epoch does not follow from its name.</summary>
    IEnumerable<PackHeader> Candidates(PackObject pack)
    {
        if (pack.Known is { } known)
        {
            yield return known.Header;
        }

        for (var epoch = repository.Keys.CurrentEpoch; epoch > 0; epoch--)
        {
            yield return new PackHeader(pack.Id, pack.Kind, repository.Seal, epoch);
        }
    }

    void Report(RebuildDamage damage) => _damaged.Add(damage);
}
