using Microsoft.Win32.SafeHandles;

namespace VmProxy.Blocks.Files;

/// <summary>
/// Writes large pieces of a file past the page cache, beside a handle that writes the rest through it. The two never share a page: what is
/// written here begins and ends on 4 KiB boundaries. A restored disk is not read again soon, and filling the cache with it costs several times
/// what the writing does (docs/design/002-repository-speed.md).
/// </summary>
sealed class BulkWriter(SafeFileHandle handle) : IDisposable
{
    /// <summary>Smaller pieces gain nothing.</summary>
    const int Smallest = 64 * 1024;

    volatile bool _refused;

    /// <summary>Opens a second handle of the file; null where its file system wants none such.</summary>
    public static BulkWriter? TryOpen(string path) => DirectFile.TryOpen(path, FileAccess.ReadWrite) is { } handle ? new BulkWriter(handle) : null;

    /// <summary>Writes the middle of the data and returns which part that was; empty when all of it must go the other way.</summary>
    public Range Write(long offset, ReadOnlySpan<byte> data, IoScratch scratch)
    {
        const int Mask = AlignedBuffer.Alignment - 1;
        var head = (int)(-offset & Mask);
        var length = (data.Length - head) & ~Mask;
        if (_refused || length < Smallest)
        {
            return default;
        }

        try
        {
            WriteAligned(offset + head, data.Slice(head, length), scratch);
            return head..(head + length);
        }
        catch (IOException exception) when (DirectFile.IsRefusal(exception))
        {
            _refused = true;
            return default;
        }
    }

    public void Dispose() => handle.Dispose();

    unsafe void WriteAligned(long offset, ReadOnlySpan<byte> data, IoScratch scratch)
    {
        fixed (byte* pinned = data)
        {
            if (((nuint)pinned & (AlignedBuffer.Alignment - 1)) == 0)
            {
                // Pinned as long as the call lasts: moved memory would not be aligned any more.
                RandomAccess.Write(handle, data, offset);
                return;
            }
        }

        while (!data.IsEmpty)
        {
            var piece = Math.Min(data.Length, scratch.Span.Length);
            data[..piece].CopyTo(scratch.Span);
            RandomAccess.Write(handle, scratch.Span[..piece], offset);
            data = data[piece..];
            offset += piece;
        }
    }
}
