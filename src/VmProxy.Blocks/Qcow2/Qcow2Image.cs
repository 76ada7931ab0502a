namespace VmProxy.Blocks.Qcow2;

/// <summary>
/// A new qcow2 image (version 3, 64 KiB clusters, nothing compressed) as the target of a copy. Its clusters are laid out beforehand for the
/// stretches that hold data in the source, so only these may be written.
/// </summary>
public sealed class Qcow2Image : IWritableBlockDevice
{
    readonly IWritableBlockDevice _file;
    readonly Qcow2Layout _layout;

    Qcow2Image(IWritableBlockDevice file, Qcow2Layout layout)
    {
        _file = file;
        _layout = layout;
    }

    /// <inheritdoc/>
    public long Length => _layout.Length;

    /// <inheritdoc/>
    public int SectorSize => 512;

    /// <inheritdoc/>
    public int PreferredReadSize => _file.PreferredReadSize;

    /// <inheritdoc/>
    public int MaxInFlight => _file.MaxInFlight;

    /// <summary>Lays out an image for <paramref name="source"/> and writes its metadata.</summary>
    /// <param name="source">The disk that will be copied into the image; read for its runs only.</param>
    /// <param name="create">Creates the empty file of the given length, which the image then owns.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="BlockDeviceException">The file could not be written.</exception>
    public static async Task<Qcow2Image> CreateAsync(
        IBlockDevice source, Func<long, Task<IWritableBlockDevice>> create, CancellationToken cancellationToken)
    {
        var layout = await Qcow2Layout.PlanAsync(source, cancellationToken).ConfigureAwait(false);
        var file = await create(layout.FileLength).ConfigureAwait(false);
        try
        {
            await layout.WriteMetadataAsync(file, cancellationToken).ConfigureAwait(false);
            return new Qcow2Image(file, layout);
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        foreach (var (at, length, position) in Pieces(offset, buffer.Length))
        {
            var piece = buffer.Slice((int)(at - offset), length);
            if (position < 0)
            {
                piece.Span.Clear();
            }
            else
            {
                await _file.ReadAsync(position, piece, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return Pieces(offset, length)
            .Select(piece => new BlockRun(piece.At, piece.Length, piece.Position < 0 ? BlockRunKind.Hole : BlockRunKind.Data))
            .ToAsyncEnumerable()
            .CoalesceAsync(cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The range was no data in the source for which the image was laid out.</exception>
    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        foreach (var (at, length, position) in Pieces(offset, data.Length))
        {
            if (position < 0)
            {
                throw new InvalidOperationException($"The qcow2 image has no cluster at {at}: it was laid out for another source.");
            }

            await _file.WriteAsync(position, data.Slice((int)(at - offset), length), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask ZeroAsync(long offset, long length, CancellationToken cancellationToken)
    {
        foreach (var (_, bytes, position) in Pieces(offset, length))
        {
            if (position >= 0)
            {
                await _file.ZeroAsync(position, bytes, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => _file.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _file.DisposeAsync();

    /// <summary>Cuts a range where its place in the file, or its having one, changes.</summary>
    IEnumerable<(long At, int Length, long Position)> Pieces(long offset, long length)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        const int LongestPiece = 1 << 30;
        for (long end = offset + length, at = offset; at < end;)
        {
            var within = at % Qcow2Layout.ClusterSize;
            var cluster = at / Qcow2Layout.ClusterSize;
            var position = _layout.FileOffset(cluster);
            var bytes = Math.Min(Qcow2Layout.ClusterSize - within, end - at);
            while (at + bytes < end && bytes < LongestPiece && Follows(_layout.FileOffset(++cluster), position, bytes - Qcow2Layout.ClusterSize + within))
            {
                bytes = Math.Min(bytes + Qcow2Layout.ClusterSize, end - at);
            }

            yield return (at, (int)bytes, position < 0 ? -1 : position + within);
            at += bytes;
        }
    }

    static bool Follows(long next, long first, long distance) =>
        first < 0 ? next < 0 : next == first + distance + Qcow2Layout.ClusterSize;
}
