namespace VmProxy.Blocks;

/// <summary>A device that is one hole.</summary>
/// <param name="length">Bytes.</param>
public sealed class ZeroBlockDevice(long length) : IBlockDevice
{
    /// <inheritdoc/>
    public long Length => length;

    /// <inheritdoc/>
    public int SectorSize => 512;

    /// <inheritdoc/>
    public int PreferredReadSize => 1024 * 1024;

    /// <inheritdoc/>
    public int MaxInFlight => 1;

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, buffer.Length);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        buffer.Span.Clear();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return BlockRunExtensions.Single(offset, length, BlockRunKind.Hole);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
