using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>
/// A device with some of its blocks replaced in memory: what a replayed log would have written. It never writes. All patches are made before the first
/// read; it does not own the device below.
/// </summary>
sealed class PatchedBlockDevice(IBlockDevice inner, int blockSize) : IBlockDevice
{
    readonly Dictionary<long, ReadOnlyMemory<byte>> _blocks = [];

    public long Length => inner.Length;

    public int SectorSize => inner.SectorSize;

    public int PreferredReadSize => inner.PreferredReadSize;

    public int MaxInFlight => inner.MaxInFlight;

    /// <summary>How many blocks are replaced.</summary>
    public int Count => _blocks.Count;

    /// <summary>The block as it reads now; for those who replace parts of it.</summary>
    public async ValueTask<byte[]> ReadBlockAsync(long block, CancellationToken cancellationToken)
    {
        var bytes = new byte[blockSize];
        await ReadAsync(block * blockSize, bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    /// <summary>Replaces a block, which lies wholly inside the device.</summary>
    public void Replace(long block, ReadOnlyMemory<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, blockSize);
        BlockBounds.ThrowIfOutside(Length, checked(block * blockSize), blockSize);
        _blocks[block] = bytes;
    }

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, buffer.Length);
        return _blocks.Count == 0 ? inner.ReadAsync(offset, buffer, cancellationToken) : ReadPatchedAsync(offset, buffer, cancellationToken);
    }

    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return _blocks.Count == 0 ? inner.RunsAsync(offset, length, cancellationToken)
            : (length == 0 ? [] : new[] { new BlockRun(offset, length, BlockRunKind.Data) }).ToAsyncEnumerable();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    async ValueTask ReadPatchedAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await inner.ReadAsync(offset, buffer, cancellationToken).ConfigureAwait(false);
        for (var at = offset; at < offset + buffer.Length;)
        {
            var inside = (int)(at % blockSize);
            var part = (int)Math.Min(blockSize - inside, offset + buffer.Length - at);
            if (_blocks.TryGetValue(at / blockSize, out var bytes))
            {
                bytes.Slice(inside, part).CopyTo(buffer[(int)(at - offset)..]);
            }

            at += part;
        }
    }
}
