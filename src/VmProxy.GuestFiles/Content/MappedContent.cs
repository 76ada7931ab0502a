using System.Runtime.CompilerServices;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>
/// A file's content as a block device, from pieces that lie somewhere on another one. A file system derives from it and says where each byte lies. It does not own
/// the device.
/// </summary>
abstract class MappedContent(IBlockDevice device, long length, string subject) : IBlockDevice
{
    /// <summary>The file, as the subject of errors.</summary>
    protected string Subject { get; } = subject;

    public long Length { get; } = length;

    public int SectorSize => device.SectorSize;

    public int PreferredReadSize => device.PreferredReadSize;

    public int MaxInFlight => device.MaxInFlight;

    /// <summary>The piece that holds a byte, which lies inside the file. It may begin before it and reach beyond the file's end; it must hold the byte.</summary>
    /// <exception cref="GuestFileException">The map is damaged.</exception>
    protected abstract ValueTask<ContentPiece> PieceAtAsync(long offset, CancellationToken cancellationToken);

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, buffer.Length);
        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken) : ReadPiecesAsync(offset, buffer, cancellationToken);
    }

    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken)
    {
        BlockBounds.ThrowIfOutside(Length, offset, length);
        return PiecesAsync(offset, length, cancellationToken).CoalesceAsync(cancellationToken);
    }

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;

    async ValueTask ReadPiecesAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            var piece = await CheckedPieceAsync(offset, cancellationToken).ConfigureAwait(false);
            var part = buffer[..(int)Math.Min(buffer.Length, piece.End - offset)];
            if (piece.Source < 0)
            {
                part.Span.Clear();
            }
            else
            {
                await device.ReadAsync(piece.Source + (offset - piece.Offset), part, cancellationToken).ConfigureAwait(false);
            }

            buffer = buffer[part.Length..];
            offset += part.Length;
        }
    }

    async IAsyncEnumerable<BlockRun> PiecesAsync(long offset, long length, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var end = offset + length;
        while (offset < end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var piece = await CheckedPieceAsync(offset, cancellationToken).ConfigureAwait(false);
            var part = Math.Min(end, piece.End) - offset;
            yield return new BlockRun(offset, part, piece.Source switch
            {
                ContentPiece.Hole => BlockRunKind.Hole,
                ContentPiece.Zero => BlockRunKind.Zero,
                _ => BlockRunKind.Data,
            });
            offset += part;
        }
    }

    /// <summary>A piece that holds the byte and lies on the device; what a parser got wrong is caught here rather than read.</summary>
    async ValueTask<ContentPiece> CheckedPieceAsync(long offset, CancellationToken cancellationToken)
    {
        var piece = await PieceAtAsync(offset, cancellationToken).ConfigureAwait(false);
        var isHere = piece.Length > 0 && piece.Offset <= offset && piece.Length > offset - piece.Offset;
        // Only what lies inside the file must lie on the device: the last block of a volume may be cut.
        var used = Math.Min(piece.Length, Length - piece.Offset);
        return !isHere || piece.Source < ContentPiece.Zero || (piece.Source >= 0 && piece.Source > device.Length - used)
            ? throw GuestFileException.Damaged(
                Subject, $"The content of {Subject} at byte {offset} would lie at byte {piece.Source}, outside of the volume's {device.Length} bytes.")
            : piece;
    }
}
