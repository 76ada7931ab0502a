namespace VmProxy.Blocks;

/// <summary>
/// The bounded cache through which parsers of foreign bytes read: small reads near each other cost one read of the device. Blocks that were
/// used last stay; concurrent readers of a missing block share one load. Reads larger than a quarter of the cache pass it by. It owns
/// the device only if told so, and must be the only way through which the device is seen to change: it never looks again.
/// </summary>
public sealed class CachedBlockDevice : IBlockDevice
{
    /// <summary>Bytes of a cache block unless another size is asked for.</summary>
    public const int DefaultBlockSize = 64 * 1024;

    /// <summary>Bytes that are kept unless another number is asked for.</summary>
    public const int DefaultCapacity = 16 * 1024 * 1024;

    readonly IBlockDevice _inner;
    readonly bool _ownsInner;
    readonly int _blockSize;
    readonly CacheBlocks _blocks;

    /// <summary>Creates the cache.</summary>
    /// <param name="inner">The device to read.</param>
    /// <param name="ownsInner">Whether disposing this device disposes <paramref name="inner"/>.</param>
    /// <param name="blockSize">Bytes of a block, the unit of loading.</param>
    /// <param name="capacity">Bytes to keep; at least one block is.</param>
    public CachedBlockDevice(IBlockDevice inner, bool ownsInner, int blockSize = DefaultBlockSize, int capacity = DefaultCapacity)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blockSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _inner = inner;
        _ownsInner = ownsInner;
        _blockSize = blockSize;
        _blocks = new CacheBlocks(inner, blockSize, Math.Max(1, capacity / blockSize));
    }

    /// <inheritdoc/>
    public long Length => _inner.Length;

    /// <inheritdoc/>
    public int SectorSize => _inner.SectorSize;

    /// <inheritdoc/>
    public int PreferredReadSize => _inner.PreferredReadSize;

    /// <inheritdoc/>
    public int MaxInFlight => _inner.MaxInFlight;

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, buffer.Length);
        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken)
            : buffer.Length / _blockSize > _blocks.Capacity / 4 ? _inner.ReadAsync(offset, buffer, cancellationToken)
            : ReadBlocksAsync(offset, buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken) =>
        _inner.RunsAsync(offset, length, cancellationToken);

    /// <summary>Waits for loads whose readers have gone, then drops the blocks.</summary>
    public async ValueTask DisposeAsync()
    {
        await _blocks.DisposeAsync().ConfigureAwait(false);
        if (_ownsInner)
        {
            await _inner.DisposeAsync().ConfigureAwait(false);
        }
    }

    async ValueTask ReadBlocksAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            var block = _blocks.Acquire(offset / _blockSize);
            try
            {
                await block.Loaded.WaitAsync(cancellationToken).ConfigureAwait(false);
                var inside = (int)(offset % _blockSize);
                var piece = Math.Min(buffer.Length, _blockSize - inside);
                block.Bytes.AsMemory(inside, piece).CopyTo(buffer);
                buffer = buffer[piece..];
                offset += piece;
            }
            finally
            {
                _blocks.Release(block);
            }
        }
    }
}
