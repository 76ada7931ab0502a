using System.Buffers;
using Microsoft.Win32.SafeHandles;
using VmProxy.Blocks;

namespace VmProxy.Repository;

/// <summary>
/// Appends to a file past the page cache: one buffer is filled while the one before is written. Packs are large, are read again seldom, and would
/// push everything else out of memory; filling the cache with them also costs more than writing them (docs/design/002-repository-speed.md).
/// </summary>
/// <param name="direct">The file, opened for direct I/O; it becomes this object's.</param>
/// <param name="cached">The same file, opened as usual, in case direct writes are refused.</param>
/// <param name="start">Where to begin, a multiple of <see cref="AlignedBufferPool.Alignment"/>.</param>
/// <param name="buffers">Buffers of the size of a write.</param>
internal sealed class DirectStream(SafeFileHandle direct, SafeFileHandle cached, long start, AlignedBufferPool buffers) : IAsyncDisposable
{
    IMemoryOwner<byte>? _filling;
    int _filled;
    long _offset = start;
    Task _writing = Task.CompletedTask;

    /// <summary>True when everything that was appended is in the file.</summary>
    public bool IsComplete => _filling is null && _writing.IsCompletedSuccessfully;

    /// <summary>Appends. A failure of an earlier write is told by a later call.</summary>
    /// <exception cref="IOException">The disk is full, or the like.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> content)
    {
        while (!content.IsEmpty)
        {
            _filling ??= buffers.Rent();
            var piece = Math.Min(content.Length, buffers.Size - _filled);
            content[..piece].CopyTo(_filling.Memory[_filled..]);
            content = content[piece..];
            _filled += piece;
            if (_filled == buffers.Size)
            {
                await HandOverAsync(_filled).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Returns once everything has been written. Zeros follow, up to the next boundary: the caller cuts the file to its length.</summary>
    public async Task CompleteAsync()
    {
        if (_filling is { } last)
        {
            var padded = (_filled + AlignedBufferPool.Alignment - 1) / AlignedBufferPool.Alignment * AlignedBufferPool.Alignment;
            last.Memory.Span[_filled..padded].Clear();
            await HandOverAsync(padded).ConfigureAwait(false);
        }

        await _writing.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _filling?.Dispose();
        _filling = null;
        direct.Dispose();
    }

    async ValueTask HandOverAsync(int length)
    {
        await _writing.ConfigureAwait(false);
        var (buffer, offset) = (_filling!, _offset);
        (_filling, _filled, _offset) = (null, 0, offset + length);

        // A thread of its own: the call blocks as long as the disk takes, and the pool's threads compress meanwhile.
        _writing = Task.Factory.StartNew(
            () =>
            {
                using (buffer)
                {
                    Write(buffer.Memory.Span[..length], offset);
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    void Write(ReadOnlySpan<byte> content, long offset)
    {
        try
        {
            RandomAccess.Write(direct, content, offset);
        }
        catch (IOException exception) when (DirectFile.IsRefusal(exception))
        {
            RandomAccess.Write(cached, content, offset);
        }
    }
}
