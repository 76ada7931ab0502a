namespace VmProxy.Blocks;

/// <summary>A stretch of a writable device. It owns the other device only if told so.</summary>
/// <param name="inner">The device to look into.</param>
/// <param name="start">First byte of the stretch.</param>
/// <param name="length">Bytes of the stretch.</param>
/// <param name="ownsInner">Whether disposing this device disposes <paramref name="inner"/>.</param>
public sealed class WritableSliceBlockDevice(IWritableBlockDevice inner, long start, long length, bool ownsInner) : IWritableBlockDevice
{
    readonly SliceBlockDevice _reading = new(inner, start, length, ownsInner);

    /// <inheritdoc/>
    public long Length => length;

    /// <inheritdoc/>
    public int SectorSize => inner.SectorSize;

    /// <inheritdoc/>
    public int PreferredReadSize => inner.PreferredReadSize;

    /// <inheritdoc/>
    public int MaxInFlight => inner.MaxInFlight;

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        _reading.ReadAsync(offset, buffer, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken) =>
        _reading.RunsAsync(offset, length, cancellationToken);

    /// <inheritdoc/>
    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, data.Length);
        return inner.WriteAsync(start + offset, data, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask ZeroAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return inner.ZeroAsync(start + offset, length, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _reading.DisposeAsync();
}
