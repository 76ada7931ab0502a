namespace VmProxy.GuestFiles;

/// <summary>The content of a file.</summary>
sealed class XfsContent(XfsVolume volume, XfsInode inode) : MappedContent(volume.Device, inode.Size, inode.Subject)
{
    readonly XfsExtentMap _map = new(volume, inode.Data);
    readonly int _blockLog = volume.Superblock.BlockLog;

    protected override async ValueTask<ContentPiece> PieceAtAsync(long offset, CancellationToken cancellationToken)
    {
        var extent = await _map.FindAsync((ulong)offset >> _blockLog, cancellationToken).ConfigureAwait(false);
        var first = (long)(extent.First << _blockLog);
        var length = (long)Math.Min(extent.Count << _blockLog, (ulong)(long.MaxValue - first));
        return new ContentPiece(first, length,
            extent.IsHole ? ContentPiece.Hole
            : extent.IsUnwritten ? ContentPiece.Zero
            : volume.Superblock.ByteOf(extent.Block));
    }
}
