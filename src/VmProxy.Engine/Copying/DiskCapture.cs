using System.Buffers;
using VmProxy.Blocks;
using VmProxy.Repository;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Copying;

/// <summary>
/// The pipeline of a disk: read → zero test → id → already stored? → compress → encrypt → pack. Many reads are in flight, every core
/// stores, and memory is bounded by the windows under way.
/// </summary>
static class DiskCapture
{
    /// <summary>
    /// Stores the areas of a disk; what lies outside keeps the base's content, or zeros without a base. When the source fails, reads end at once and
    /// what was read is still stored, so that another source can go on with the rest: a session with a cancelled store cannot be committed.
    /// </summary>
    /// <param name="source">What is read.</param>
    /// <param name="target">Where it is stored.</param>
    /// <param name="areas">What of it.</param>
    /// <param name="chunkSize">Bytes of a chunk.</param>
    /// <param name="stored">Hears of each stretch once it is stored, from many threads.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static Task RunAsync(
        IBlockDevice source, DiskWriter target, IEnumerable<ByteRange> areas, int chunkSize, Action<ByteRange> stored,
        CancellationToken cancellationToken)
    {
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = source.MaxInFlight + Environment.ProcessorCount,
            CancellationToken = cancellationToken,
        };
        var windows = ReadWindows.PlanAsync(source, areas, chunkSize, cancellationToken);
        return Parallel.ForEachAsync(windows, options, async (window, token) =>
        {
            if (window.ReadsAsZeros)
            {
                await target.StoreZeroAsync(window.Offset, window.Length, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                var buffer = ArrayPool<byte>.Shared.Rent((int)window.Length);
                try
                {
                    var data = buffer.AsMemory(0, (int)window.Length);
                    await source.ReadAsync(window.Offset, data, token).ConfigureAwait(false);
                    await target.StoreAsync(window.Offset, data, cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }

            stored(new ByteRange(window.Offset, window.Length));
        });
    }
}
