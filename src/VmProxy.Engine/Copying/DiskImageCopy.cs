using VmProxy.Blocks;

namespace VmProxy.Engine.Copying;

/// <summary>Copies a disk into another that reads as zeros so far, skipping what reads as zeros.</summary>
static class DiskImageCopy
{
    /// <summary>Windows that are read or written at once: their buffers, of 1 MiB each, are the memory that a copy needs.</summary>
    const int MostWindows = 16;

    /// <summary>Copies all data and makes it durable; returns the bytes written.</summary>
    public static async Task<long> RunAsync(
        IBlockDevice source, IWritableBlockDevice target, Action<long> advanced, CancellationToken cancellationToken)
    {
        var written = 0L;
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = Math.Clamp(source.MaxInFlight, 2, MostWindows),
            CancellationToken = cancellationToken,
        };
        var buffers = new AlignedBufferPool(ReadWindows.WindowSize);
        var windows = ReadWindows.PlanAsync(source, [new(0, source.Length)], source.SectorSize, cancellationToken);
        await Parallel.ForEachAsync(windows, options, async (window, token) =>
        {
            if (!window.ReadsAsZeros)
            {
                using var buffer = buffers.Rent();
                var data = buffer.Memory[..(int)window.Length];
                await source.ReadAsync(window.Offset, data, token).ConfigureAwait(false);
                await target.WriteAsync(window.Offset, data, token).ConfigureAwait(false);
                Interlocked.Add(ref written, window.Length);
            }

            advanced(window.Length);
        }).ConfigureAwait(false);
        await target.FlushAsync(cancellationToken).ConfigureAwait(false);
        return written;
    }
}
