using System.Buffers;
using VmProxy.Blocks;

namespace VmProxy.Engine.Copying;

/// <summary>Copies a disk into another that reads as zeros so far, skipping what reads as zeros.</summary>
static class DiskImageCopy
{
    /// <summary>Copies all data and makes it durable; returns the bytes written.</summary>
    public static async Task<long> RunAsync(
        IBlockDevice source, IWritableBlockDevice target, Action<long> advanced, CancellationToken cancellationToken)
    {
        var written = 0L;
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = Math.Max(2, Math.Min(source.MaxInFlight, Environment.ProcessorCount * 2)),
            CancellationToken = cancellationToken,
        };
        var windows = ReadWindows.PlanAsync(source, [new(0, source.Length)], source.SectorSize, cancellationToken);
        await Parallel.ForEachAsync(windows, options, async (window, token) =>
        {
            if (!window.ReadsAsZeros)
            {
                var buffer = ArrayPool<byte>.Shared.Rent((int)window.Length);
                try
                {
                    var data = buffer.AsMemory(0, (int)window.Length);
                    await source.ReadAsync(window.Offset, data, token).ConfigureAwait(false);
                    await target.WriteAsync(window.Offset, data, token).ConfigureAwait(false);
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }

                Interlocked.Add(ref written, window.Length);
            }

            advanced(window.Length);
        }).ConfigureAwait(false);
        await target.FlushAsync(cancellationToken).ConfigureAwait(false);
        return written;
    }
}
