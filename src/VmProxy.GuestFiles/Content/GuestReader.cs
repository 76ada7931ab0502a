using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>
/// How the parsers read metadata: through one bounded cache, each range checked against the device, and an error that names the structure which pointed there.
/// It owns its cache and not the device.
/// </summary>
sealed class GuestReader(IBlockDevice device, int blockSize = CachedBlockDevice.DefaultBlockSize, int capacity = CachedBlockDevice.DefaultCapacity) : IAsyncDisposable
{
    readonly CachedBlockDevice _cache = new(device, ownsInner: false, blockSize, capacity);

    /// <summary>The device below the cache: content is read from it, past the cache.</summary>
    public IBlockDevice Device => device;

    /// <summary>Fills the buffer.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="subject">The structure that is read, as the subject of an error.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="GuestFileException">The range leaves the device.</exception>
    public ValueTask ReadAsync(long offset, Memory<byte> buffer, string subject, CancellationToken cancellationToken) =>
        offset < 0 || offset > device.Length - buffer.Length
            ? throw GuestFileException.Damaged(subject, $"The {subject} would lie at byte {offset}, outside of the volume's {device.Length} bytes.")
            : _cache.ReadAsync(offset, buffer, cancellationToken);

    /// <summary>A new array with the bytes. Callers bound the length.</summary>
    /// <exception cref="GuestFileException">The range leaves the device.</exception>
    public async ValueTask<byte[]> ReadAsync(long offset, int length, string subject, CancellationToken cancellationToken)
    {
        var bytes = new byte[length];
        await ReadAsync(offset, bytes, subject, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    public ValueTask DisposeAsync() => _cache.DisposeAsync();
}
