namespace VmProxy.Blocks;

/// <summary>Counts what is read from a device, so that a result can say what a backup cost its source. It owns the device only if told so.</summary>
/// <param name="inner">The device to read.</param>
/// <param name="ownsInner">Whether disposing this wrapper disposes <paramref name="inner"/>.</param>
public sealed class CountingBlockDevice(IBlockDevice inner, bool ownsInner) : IBlockDevice
{
    long _bytesRead;
    long _reads;

    /// <summary>Bytes that finished reads have delivered.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>Reads that were begun.</summary>
    public long Reads => Interlocked.Read(ref _reads);

    /// <inheritdoc/>
    public long Length => inner.Length;

    /// <inheritdoc/>
    public int SectorSize => inner.SectorSize;

    /// <inheritdoc/>
    public int PreferredReadSize => inner.PreferredReadSize;

    /// <inheritdoc/>
    public int MaxInFlight => inner.MaxInFlight;

    /// <inheritdoc/>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        await inner.ReadAsync(offset, buffer, cancellationToken).ConfigureAwait(false);
        Interlocked.Add(ref _bytesRead, buffer.Length);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken) =>
        inner.RunsAsync(offset, length, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ownsInner ? inner.DisposeAsync() : ValueTask.CompletedTask;
}
