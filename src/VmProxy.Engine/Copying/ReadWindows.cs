using System.Runtime.CompilerServices;
using VmProxy.Blocks;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Copying;

/// <summary>A stretch of a disk that is copied in one go.</summary>
/// <param name="Offset">First byte, on a chunk border.</param>
/// <param name="Length">Bytes; a whole number of chunks but at the end of the disk.</param>
/// <param name="ReadsAsZeros">Whether the source says that there is nothing to read.</param>
readonly record struct ReadWindow(long Offset, long Length, bool ReadsAsZeros);

/// <summary>Turns the areas that must be copied into chunk-aligned stretches of at most one window each.</summary>
static class ReadWindows
{
    /// <summary>The longest stretch that is read at once, in bytes: as much as shares a compression frame.</summary>
    public const int WindowSize = 1 << 20;

    /// <summary>Whole chunks that the areas touch, in order, without overlaps.</summary>
    public static IEnumerable<ByteRange> AlignToChunks(IEnumerable<ByteRange> areas, int chunkSize, long diskLength)
    {
        ByteRange? pending = null;
        foreach (var area in areas.OrderBy(area => area.Offset))
        {
            var start = area.Offset / chunkSize * chunkSize;
            var end = Math.Min(diskLength, (area.Offset + area.Length + chunkSize - 1) / chunkSize * chunkSize);
            if (pending is { } open)
            {
                if (start <= open.Offset + open.Length)
                {
                    pending = new ByteRange(open.Offset, Math.Max(open.Offset + open.Length, end) - open.Offset);
                    continue;
                }

                yield return open;
            }

            pending = new ByteRange(start, end - start);
        }

        if (pending is { } last)
        {
            yield return last;
        }
    }

    /// <summary>
    /// The windows of the areas. A chunk that holds any data is read whole; one that the source knows to be zeros is not read at all.
    /// </summary>
    public static async IAsyncEnumerable<ReadWindow> PlanAsync(
        IBlockDevice source, IEnumerable<ByteRange> areas, int chunkSize, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var area in AlignToChunks(areas, chunkSize, source.Length))
        {
            var areaEnd = area.Offset + area.Length;
            var done = area.Offset;
            await foreach (var run in source.RunsAsync(area.Offset, area.Length, cancellationToken).ConfigureAwait(false))
            {
                if (run.Kind != BlockRunKind.Data || run.End <= done)
                {
                    continue;
                }

                var start = Math.Max(done, run.Offset / chunkSize * chunkSize);
                var end = Math.Min(areaEnd, (run.End + chunkSize - 1) / chunkSize * chunkSize);
                if (start > done)
                {
                    yield return new ReadWindow(done, start - done, ReadsAsZeros: true);
                }

                while (start < end)
                {
                    var windowEnd = Math.Min(end, (start / WindowSize * WindowSize) + WindowSize);
                    yield return new ReadWindow(start, windowEnd - start, ReadsAsZeros: false);
                    start = windowEnd;
                }

                done = end;
            }

            if (done < areaEnd)
            {
                yield return new ReadWindow(done, areaEnd - done, ReadsAsZeros: true);
            }
        }
    }
}
