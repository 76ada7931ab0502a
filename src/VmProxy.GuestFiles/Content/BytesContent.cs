using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>A content that is in memory: files kept inside of their metadata, and empty ones.</summary>
sealed class BytesContent(ReadOnlyMemory<byte> bytes) : IBlockDevice
{
    public long Length => bytes.Length;

    public int SectorSize => 512;

    public int PreferredReadSize => 64 * 1024;

    public int MaxInFlight => 1;

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, buffer.Length);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        bytes.Slice((int)offset, buffer.Length).CopyTo(buffer);
        return ValueTask.CompletedTask;
    }

    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return (length == 0 ? [] : new[] { new BlockRun(offset, length, BlockRunKind.Data) }).ToAsyncEnumerable();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
