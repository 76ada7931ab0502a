using System.Runtime.CompilerServices;
using VmProxy.Blocks;

namespace VmProxy.Testing;

/// <summary>A writable device in memory, for tests whose subject is something else than where bytes lie. Blocks of zeros are holes.</summary>
public sealed class MemoryBlockDevice(byte[] content) : IWritableBlockDevice
{
    const int RunUnit = 4096;

    public MemoryBlockDevice(int length)
        : this(new byte[length])
    {
    }

    public byte[] Content => content;

    public bool IsDisposed { get; private set; }

    public long Length => content.Length;

    public int SectorSize => 512;

    public int PreferredReadSize => 64 * 1024;

    public int MaxInFlight => 16;

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, buffer.Length);
        cancellationToken.ThrowIfCancellationRequested();
        content.AsSpan((int)offset, buffer.Length).CopyTo(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, data.Length);
        cancellationToken.ThrowIfCancellationRequested();
        data.Span.CopyTo(content.AsSpan((int)offset));
        return ValueTask.CompletedTask;
    }

    public ValueTask ZeroAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        cancellationToken.ThrowIfCancellationRequested();
        content.AsSpan((int)offset, (int)length).Clear();
        return ValueTask.CompletedTask;
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return UnitsAsync(offset, offset + length, cancellationToken).CoalesceAsync(cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }

    async IAsyncEnumerable<BlockRun> UnitsAsync(long offset, long end, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        while (offset < end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var unitEnd = Math.Min(end, (offset / RunUnit * RunUnit) + RunUnit);
            var isZero = !content.AsSpan((int)offset, (int)(unitEnd - offset)).ContainsAnyExcept((byte)0);
            yield return new BlockRun(offset, unitEnd - offset, isZero ? BlockRunKind.Hole : BlockRunKind.Data);
            offset = unitEnd;
        }
    }
}
