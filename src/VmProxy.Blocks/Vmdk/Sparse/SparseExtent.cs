using System.Runtime.CompilerServices;

namespace VmProxy.Blocks.Vmdk;

/// <summary>
/// A hosted sparse extent (magic KDMV: monolithicSparse, twoGbMaxExtentSparse and streamOptimized), only to be read, over what lies below it: its
/// own grains win, the rest comes from the parent, or is a hole where there is none. It owns the file; the parent belongs to the caller.
/// Source of the facts: VMware's "Virtual Disk Format 1.1", checked against files of qemu-img.
/// </summary>
public sealed class SparseExtent : IBlockDevice
{
    /// <summary>Bytes of unpacked grains that are kept: 128 of the usual 64 KiB.</summary>
    const int GrainCacheBytes = 8 * 1024 * 1024;

    readonly IBlockDevice _file;
    readonly IBlockDevice? _parent;
    readonly SparseTables _tables;
    readonly SparseMap _map;
    readonly CachedBlockDevice? _unpacked;

    SparseExtent(IBlockDevice file, IBlockDevice? parent, SparseGeometry geometry, SparseTables tables, string name)
    {
        _file = file;
        _parent = parent;
        _tables = tables;
        _map = new SparseMap(geometry, tables);
        _unpacked = geometry.IsCompressed
            ? new CachedBlockDevice(
                new CompressedGrains(file, geometry, tables, name), ownsInner: true, geometry.GrainBytes, GrainCacheBytes)
            : null;
        Length = geometry.CapacityBytes;
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public int SectorSize => VmdkDescriptor.SectorSize;

    /// <inheritdoc/>
    public int PreferredReadSize => _file.PreferredReadSize;

    /// <inheritdoc/>
    public int MaxInFlight => _file.MaxInFlight;

    /// <summary>Opens an extent.</summary>
    /// <param name="file">The file; owned from now on, also when this throws.</param>
    /// <param name="parent">What lies below, of the same length; null when nothing does.</param>
    /// <param name="length">Bytes of the disk that the extent's line in the descriptor gives it: whole sectors, at least one.</param>
    /// <param name="name">How errors call the extent.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="BlockDeviceException">
    /// The file is no such extent, is damaged, cut off or of another length (<see cref="BlockErrorCodes.ExtentInvalid"/>), or uses what is not
    /// known here (<see cref="BlockErrorCodes.DescriptorUnsupported"/>). Damage to tables and grains is found when they are read.
    /// </exception>
    public static async Task<SparseExtent> OpenAsync(
        IBlockDevice file, IBlockDevice? parent, long length, string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(length % VmdkDescriptor.SectorSize, 0, nameof(length));
        ArgumentOutOfRangeException.ThrowIfNotEqual(parent?.Length ?? length, length, nameof(parent));
        try
        {
            var header = await SparseHeaderReader.ReadAsync(file, name, cancellationToken).ConfigureAwait(false);
            var geometry = SparseGeometry.Of(header, file.Length, length, name);
            var tables = await SparseTables.LoadAsync(file, geometry, name, cancellationToken).ConfigureAwait(false);
            return new SparseExtent(file, parent, geometry, tables, name);
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
        BlockBounds.ThrowIfOutside(Length, offset, buffer.Length);
        cancellationToken.ThrowIfCancellationRequested();
        while (!buffer.IsEmpty)
        {
            var segment = await _map.FindAsync(offset, buffer.Length, cancellationToken).ConfigureAwait(false);
            var piece = buffer[..(int)segment.Length];
            switch (segment.Kind)
            {
                case SparseSegmentKind.Plain:
                    await _file.ReadAsync(segment.FileOffset, piece, cancellationToken).ConfigureAwait(false);
                    break;
                case SparseSegmentKind.Compressed:
                    await _unpacked!.ReadAsync(offset, piece, cancellationToken).ConfigureAwait(false);
                    break;
                case SparseSegmentKind.NotHeld when _parent is not null:
                    await _parent.ReadAsync(offset, piece, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    piece.Span.Clear();
                    break;
            }

            buffer = buffer[piece.Length..];
            offset += piece.Length;
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Grains that the extent holds are data, its zero grains are <see cref="BlockRunKind.Zero"/>, and the rest is as the parent says, or a hole.
    /// A table that cannot be right throws as reading there does.
    /// </remarks>
    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return FindRunsAsync(offset, length, cancellationToken).CoalesceAsync(cancellationToken);
    }

    /// <summary>Closes the file. The parent stays open.</summary>
    public async ValueTask DisposeAsync()
    {
        // Loads of the cache whose readers have gone may still read the file.
        if (_unpacked is not null)
        {
            await _unpacked.DisposeAsync().ConfigureAwait(false);
        }

        await _file.DisposeAsync().ConfigureAwait(false);
        _tables.Dispose();
    }

    async IAsyncEnumerable<BlockRun> FindRunsAsync(
        long offset, long length, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var segment = await _map.FindAsync(offset, length, cancellationToken).ConfigureAwait(false);
            var runs = segment.Kind switch
            {
                SparseSegmentKind.NotHeld when _parent is not null => _parent.RunsAsync(offset, segment.Length, cancellationToken),
                SparseSegmentKind.NotHeld => BlockRunExtensions.Single(offset, segment.Length, BlockRunKind.Hole),
                SparseSegmentKind.Zero => BlockRunExtensions.Single(offset, segment.Length, BlockRunKind.Zero),
                _ => BlockRunExtensions.Single(offset, segment.Length, BlockRunKind.Data),
            };
            await foreach (var run in runs.ConfigureAwait(false))
            {
                yield return run;
            }

            offset += segment.Length;
            length -= segment.Length;
        }
    }
}
