using System.Collections.Concurrent;
using VmProxy.Repository.Index;

namespace VmProxy.Repository.Checking;

/// <summary>Checks the ends of all packs, and reads those whole that the options ask for, that are suspect, or that were damaged before.</summary>
internal sealed class PackReading(
    BackupRepository repository, CheckOptions options, IProgress<CheckProgress>? progress, StoreReader reader, ChunkIndex index, DamageBook book, int workers,
    long began)
{
    readonly ConcurrentBag<PackObject> _read = [];

    /// <summary>The packs that were read whole.</summary>
    public IReadOnlyCollection<PackObject> Read => _read;

    public bool HasRead => !_read.IsEmpty;

    public async Task RunAsync(List<PackObject> packs, CheckTable table, CancellationToken cancellationToken)
    {
        var suspects = await StructureAsync(packs, cancellationToken).ConfigureAwait(false);
        suspects.UnionWith(table.DamagedPacks);
        var indexed = IndexedFrames(suspects);
        var (first, then) = Choose(packs, suspects, table);
        var total = first.Concat(then).Sum(pack => pack.Length);
        var done = 0L;
        await EachAsync(first, ReadAsync, cancellationToken).ConfigureAwait(false);
        await EachAsync(then, (pack, token) => IsOverTime ? Task.CompletedTask : ReadAsync(pack, token), cancellationToken).ConfigureAwait(false);

        async Task ReadAsync(PackObject pack, CancellationToken token)
        {
            var ends = await NewEndsCheck().RunAsync(pack, token).ConfigureAwait(false);
            var walk = new PackWalk(reader, repository.Keys, new FrameProof(repository.Keys, repository.Zstd), book);
            if (ends is not null && await walk.RunAsync(pack, ends, indexed.GetValueOrDefault(pack.Id) ?? [], token).ConfigureAwait(false))
            {
                _read.Add(pack);
            }
            else
            {
                await VanishedAsync(pack, token).ConfigureAwait(false);
            }

            progress?.Report(new CheckProgress("data", Interlocked.Add(ref done, pack.Length), total));
        }
    }

    bool IsOverTime => options.TimeBudget is { } budget && repository.Time.GetElapsedTime(began) >= budget;

    PackEndsCheck NewEndsCheck() => new(reader, repository.Keys, repository.Seal, index, book);

    /// <summary>The packs of which trailer or ends are not as they should be.</summary>
    async Task<HashSet<RandomId>> StructureAsync(List<PackObject> packs, CancellationToken cancellationToken)
    {
        var suspects = new ConcurrentBag<RandomId>();
        var (done, total) = (0L, packs.Sum(pack => pack.Length));
        await EachAsync(packs, async (pack, token) =>
        {
            var ends = await NewEndsCheck().RunAsync(pack, token).ConfigureAwait(false);
            if (ends is null)
            {
                await VanishedAsync(pack, token).ConfigureAwait(false);
            }
            else if (ends.Frames is null)
            {
                suspects.Add(pack.Id);
            }

            progress?.Report(new CheckProgress("structure", Interlocked.Add(ref done, pack.Length), total));
        }, cancellationToken).ConfigureAwait(false);
        return [.. suspects];
    }

    /// <summary>A pack that went away is no damage unless the index still names it.</summary>
    async Task VanishedAsync(PackObject pack, CancellationToken cancellationToken)
    {
        book.Forget(pack.Name);
        var condemned = await RepositoryCheck.CondemnedAsync(repository, cancellationToken).ConfigureAwait(false);
        await index.RefreshAsync(cancellationToken).ConfigureAwait(false);
        using var lease = index.Acquire();
        if (lease.Segments.Any(segment => segment.Packs.Any(known => known.Header.Id == pack.Id)))
        {
            book.AddMissingPack(pack.Id, pack.Name, condemned.Contains(pack.Id));
        }
    }

    /// <summary>What must be read in any case, and what the options ask for: those first whose last reading is the longest ago.</summary>
    (List<PackObject> First, List<PackObject> Then) Choose(List<PackObject> packs, HashSet<RandomId> suspects, CheckTable table)
    {
        var first = packs.Where(pack => suspects.Contains(pack.Id)).ToList();
        var then = new List<PackObject>();
        if (options.ReadsPacks)
        {
            var left = options.ReadDataSubset is { } percent ? packs.Sum(pack => pack.Length) * percent / 100 : double.MaxValue;
            foreach (var pack in packs.Where(pack => !suspects.Contains(pack.Id)).OrderBy(pack => table.ReadAt(pack.Id)))
            {
                if (left <= 0)
                {
                    break;
                }

                then.Add(pack);
                left -= pack.Length;
            }
        }

        return (first, then);
    }

    /// <summary>The frames that the index names in the given packs, ascending: one pass over the segments that speak of them.</summary>
    Dictionary<RandomId, IReadOnlyList<FrameExtent>> IndexedFrames(HashSet<RandomId> packs)
    {
        var frames = packs.ToDictionary(pack => pack, _ => new HashSet<FrameExtent>());
        using var lease = index.Acquire();
        foreach (var segment in lease.Segments.Where(segment => segment.Packs.Any(pack => packs.Contains(pack.Header.Id))))
        {
            var sets = segment.Packs.Select(pack => frames.GetValueOrDefault(pack.Header.Id)).ToArray();
            for (var i = 0; i < segment.Count; i++)
            {
                try
                {
                    var record = segment.RecordAt(i);
                    sets[record.Pack]?.Add(new FrameExtent(record.Offset, record.Length));
                }
                catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged)
                {
                    // The segment's own check names the block.
                }
            }
        }

        return frames.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<FrameExtent>)[.. pair.Value.OrderBy(frame => frame.Offset)]);
    }

    Task EachAsync(IEnumerable<PackObject> packs, Func<PackObject, CancellationToken, Task> check, CancellationToken cancellationToken) =>
        Workers.ForEachAsync(
            packs.ToAsyncEnumerable(), workers, async (pack, token) => await check(pack, token).ConfigureAwait(false), cancellationToken);
}
