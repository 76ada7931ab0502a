using VmProxy.Engine.Copying;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup.Trust;

/// <summary>Draws the blocks of a spot check.</summary>
static class SpotSample
{
    /// <summary>
    /// Different chunks of a disk that no area touches, each as likely as any other, in order; all of them when there are no more than asked for.
    /// </summary>
    /// <param name="length">Size of the disk in bytes.</param>
    /// <param name="chunkSize">Bytes of a chunk.</param>
    /// <param name="areas">What is read anyway.</param>
    /// <param name="count">How many are wanted.</param>
    /// <param name="random">Chance.</param>
    /// <returns>The offsets of their first bytes.</returns>
    public static long[] Pick(long length, int chunkSize, IEnumerable<ByteRange> areas, int count, Random random)
    {
        var (gaps, total) = Gaps(length, chunkSize, areas);
        return [.. Ordinals(total, count, random).Order().Select(ordinal =>
        {
            var gap = gaps[Find(gaps, ordinal)];
            return (gap.FirstChunk + ordinal - gap.FirstOrdinal) * chunkSize;
        })];
    }

    /// <summary>The stretches between the areas in whole chunks, each with how many chunks lie in those before it; and how many there are in all.</summary>
    static (List<(long FirstChunk, long FirstOrdinal)> Gaps, long Total) Gaps(long length, int chunkSize, IEnumerable<ByteRange> areas)
    {
        var chunks = (length + chunkSize - 1) / chunkSize;
        List<(long FirstChunk, long FirstOrdinal)> gaps = [];
        var (next, total) = (0L, 0L);
        foreach (var area in ReadWindows.AlignToChunks(areas, chunkSize, length))
        {
            Add(area.Offset / chunkSize);
            next = (area.End + chunkSize - 1) / chunkSize;
        }

        Add(chunks);
        return (gaps, total);

        void Add(long end)
        {
            if (end > next)
            {
                gaps.Add((next, total));
                total += end - next;
            }
        }
    }

    /// <summary>Different numbers from 0 to below <paramref name="total"/> (Floyd's sampling).</summary>
    static IEnumerable<long> Ordinals(long total, int count, Random random)
    {
        if (total <= count)
        {
            for (var ordinal = 0L; ordinal < total; ordinal++)
            {
                yield return ordinal;
            }

            yield break;
        }

        var drawn = new HashSet<long>();
        for (var last = total - count; last < total; last++)
        {
            var ordinal = random.NextInt64(last + 1);
            ordinal = drawn.Add(ordinal) ? ordinal : last;
            drawn.Add(ordinal);
            yield return ordinal;
        }
    }

    static int Find(List<(long FirstChunk, long FirstOrdinal)> gaps, long ordinal)
    {
        var (low, high) = (0, gaps.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = gaps[middle].FirstOrdinal <= ordinal ? (middle, high) : (low, middle - 1);
        }

        return low;
    }
}
