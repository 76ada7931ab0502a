using VmProxy.Repository.Index;
using VmProxy.Repository.Maps;
using VmProxy.Repository.Reading;

namespace VmProxy.Repository.Checking;

/// <summary>Finds the ranges of a base map that the next backup must store anew.</summary>
internal static class BaseDamage
{
    /// <param name="map">The base's map.</param>
    /// <param name="index">The repository's index, which knows the noted damage.</param>
    /// <param name="reader">Reads its pages.</param>
    /// <param name="store">Tells a bad object from a store that went away.</param>
    /// <param name="chunksAreUnknown">Whether a check found that points name chunks that the index does not know.</param>
    /// <param name="workers">Leaves that are looked at side by side.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<IReadOnlyList<DiskRange>> FindAsync(
        DiskMap map, ChunkIndex index, ChunkReader reader, StoreReader store, bool chunksAreUnknown, int workers, CancellationToken cancellationToken)
    {
        // Walking a map costs what the disk is large: only where something is known to be lost.
        if (!chunksAreUnknown && index.Damaged.Count == 0 && !IsAnythingLost(index))
        {
            return [];
        }

        var book = new DamageBook();
        var walk = new MapWalk(index, reader, book, store, workers);
        await walk.DiskAsync(new DiskOfPoint("", "", "", null), map, cancellationToken).ConfigureAwait(false);
        return DiskRanges.Merge(book.Findings().SelectMany(finding => finding.Uses).SelectMany(use => use.Ranges));
    }

    /// <summary>Whether a chunk of a damaged place is stored nowhere else.</summary>
    static bool IsAnythingLost(ChunkIndex index)
    {
        var unusable = index.Unusable;
        var packs = unusable.DamagedPacks.Concat(unusable.DamagedFrames.Select(frame => frame.Pack)).ToHashSet();
        if (packs.Count == 0)
        {
            return false;
        }

        using var lease = index.Acquire();
        foreach (var segment in lease.Segments)
        {
            var isDamaged = segment.Packs.Select(pack => packs.Contains(pack.Header.Id)).ToArray();
            if (!isDamaged.Contains(true))
            {
                continue;
            }

            for (var i = 0; i < segment.Count; i++)
            {
                if (!segment.IsReadable(i))
                {
                    return true;
                }

                var record = segment.RecordAt(i);
                if (isDamaged[record.Pack] && unusable.StateOf(segment.LocationOf(record)) == LocationState.Damaged
                    && (!index.TryFind(record.Id, out var best) || unusable.StateOf(best) == LocationState.Damaged))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
