using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>The blocks that a replayed log changes, in memory and within a bound.</summary>
sealed class XfsOverlay(IBlockDevice device, int blockSize)
{
    /// <summary>Bytes that may be replaced.</summary>
    public const long MaxBytes = 256L << 20;

    readonly Dictionary<long, byte[]> _blocks = [];

    /// <summary>The volume as it reads after the replay.</summary>
    public PatchedBlockDevice Device { get; } = new(device, blockSize);

    public int Count => _blocks.Count;

    /// <summary>Bytes as they are by now.</summary>
    /// <exception cref="GuestFileException">They lie outside of the volume.</exception>
    public async ValueTask<byte[]> ReadAsync(long offset, int length, CancellationToken cancellationToken)
    {
        ThrowIfOutside(offset, length);
        var bytes = new byte[length];
        await Device.ReadAsync(offset, bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    /// <summary>Replaces bytes.</summary>
    /// <exception cref="GuestFileException">They lie outside of the volume, or are too many.</exception>
    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ThrowIfOutside(offset, bytes.Length);
        while (!bytes.IsEmpty)
        {
            var inside = (int)(offset % blockSize);
            var part = bytes[..Math.Min(bytes.Length, blockSize - inside)];
            var block = await BlockAsync(offset / blockSize, cancellationToken).ConfigureAwait(false);
            part.CopyTo(block.AsMemory(inside));
            bytes = bytes[part.Length..];
            offset += part.Length;
        }
    }

    async ValueTask<byte[]> BlockAsync(long number, CancellationToken cancellationToken)
    {
        if (_blocks.TryGetValue(number, out var block))
        {
            return block;
        }

        if ((_blocks.Count + 1L) * blockSize > MaxBytes)
        {
            throw GuestFileException.Unsupported("log", $"The log changes more than {MaxBytes} bytes.");
        }

        ThrowIfOutside(number * blockSize, blockSize);
        block = await Device.ReadBlockAsync(number, cancellationToken).ConfigureAwait(false);
        _blocks.Add(number, block);
        Device.Replace(number, block);
        return block;
    }

    void ThrowIfOutside(long offset, long length)
    {
        if (offset < 0 || offset > device.Length - length)
        {
            throw GuestFileException.Damaged("log", $"The log changes byte {offset}, outside of the volume's {device.Length} bytes.");
        }
    }
}
