using Microsoft.Win32.SafeHandles;
using VmProxy.Blocks;

namespace VmProxy.Repository;

/// <summary>
/// Reads of many bytes, past the page cache: frames of packs are read once and kept decoded (<see cref="Reading.FrameCache"/>), if at all.
/// </summary>
internal static class DirectRead
{
    /// <summary>Shorter reads are pages and heads, which come again: the cache serves them better.</summary>
    const int Smallest = 64 << 10;

    const int Mask = AlignedBufferPool.Alignment - 1;

    /// <summary>Fills the buffer as far as the file goes, and returns the bytes read; null when this read is not for direct I/O.</summary>
    public static async ValueTask<int?> TryAsync(
        string path, long offset, Memory<byte> buffer, AlignedBufferPool buffers, CancellationToken cancellationToken)
    {
        if (buffer.Length < Smallest || DirectFile.TryOpen(path, FileAccess.Read) is not { } file)
        {
            return null;
        }

        using (file)
        {
            try
            {
                return await FillAsync(file, offset, buffer, buffers, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException exception) when (DirectFile.IsRefusal(exception))
            {
                return null;
            }
        }
    }

    static async ValueTask<int> FillAsync(
        SafeFileHandle file, long offset, Memory<byte> buffer, AlignedBufferPool buffers, CancellationToken cancellationToken)
    {
        using var aligned = buffers.Rent();
        var filled = 0;
        while (filled < buffer.Length)
        {
            var skip = (int)((offset + filled) & Mask);
            var wanted = Math.Min(aligned.Memory.Length, (skip + buffer.Length - filled + Mask) & ~Mask);
            var read = await RandomAccess.ReadAsync(file, aligned.Memory[..wanted], offset + filled - skip, cancellationToken).ConfigureAwait(false) - skip;
            if (read <= 0)
            {
                break;
            }

            var usable = Math.Min(read, buffer.Length - filled);
            aligned.Memory.Slice(skip, usable).CopyTo(buffer[filled..]);
            filled += usable;
        }

        return filled;
    }
}
