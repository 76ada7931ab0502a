namespace VmProxy.Blocks;

/// <summary>A stretch of another device, such as a partition or one extent of a file. It owns the other device only if told so.</summary>
public sealed class SliceBlockDevice : IBlockDevice
{
    readonly IBlockDevice _inner;
    readonly long _start;
    readonly bool _ownsInner;

    /// <summary>Creates the view.</summary>
    /// <param name="inner">The device to look into.</param>
    /// <param name="start">First byte of the stretch.</param>
    /// <param name="length">Bytes of the stretch.</param>
    /// <param name="ownsInner">Whether disposing this device disposes <paramref name="inner"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The stretch leaves the device.</exception>
    public SliceBlockDevice(IBlockDevice inner, long start, long length, bool ownsInner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        BlockBounds.ThrowIfOutside(inner.Length, start, length);
        _inner = inner;
        _start = start;
        _ownsInner = ownsInner;
        Length = length;
    }

    /// <inheritdoc/>
    public long Length { get; }

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
        return _inner.ReadAsync(_start + offset, buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return _inner.RunsAsync(_start + offset, length, cancellationToken).ShiftAsync(-_start, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _ownsInner ? _inner.DisposeAsync() : ValueTask.CompletedTask;
}
