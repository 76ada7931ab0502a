using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>A file's content.</summary>
sealed class ExtContent(IBlockDevice device, ExtMapCursor map, long length, string subject) : MappedContent(device, length, subject)
{
    protected override ValueTask<ContentPiece> PieceAtAsync(long offset, CancellationToken cancellationToken) => map.PieceAtAsync(offset, cancellationToken);
}
