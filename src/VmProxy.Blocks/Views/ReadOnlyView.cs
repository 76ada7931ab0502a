namespace VmProxy.Blocks;

/// <summary>Hands out a writable device as one that nobody can write. It owns the device only if told so.</summary>
/// <param name="inner">The device to read.</param>
/// <param name="ownsInner">Whether disposing this view disposes <paramref name="inner"/>.</param>
public sealed class ReadOnlyView(IBlockDevice inner, bool ownsInner) : IBlockDevice
{
    /// <inheritdoc/>
    public long Length => inner.Length;

    /// <inheritdoc/>
    public int SectorSize => inner.SectorSize;

    /// <inheritdoc/>
    public int PreferredReadSize => inner.PreferredReadSize;

    /// <inheritdoc/>
    public int MaxInFlight => inner.MaxInFlight;

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        inner.ReadAsync(offset, buffer, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken) =>
        inner.RunsAsync(offset, length, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ownsInner ? inner.DisposeAsync() : ValueTask.CompletedTask;
}
