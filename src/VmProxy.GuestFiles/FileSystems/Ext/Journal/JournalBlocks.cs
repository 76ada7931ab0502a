namespace VmProxy.GuestFiles;

/// <summary>The blocks of a journal's file: where they lie, and what they hold.</summary>
sealed class JournalBlocks(ExtVolume volume, ExtMapCursor map, long length)
{
    int Size => volume.Superblock.BlockSize;

    /// <summary>How many there are.</summary>
    public long Count => length / Size;

    /// <summary>Where a block lies on the volume, in bytes.</summary>
    /// <exception cref="GuestFileException">It lies nowhere.</exception>
    public async ValueTask<long> PlaceAsync(uint block, CancellationToken cancellationToken)
    {
        var offset = (long)block * Size;
        if (offset > length - Size)
        {
            throw volume.Damaged("journal", $"has no block {block}");
        }

        var piece = await map.PieceAtAsync(offset, cancellationToken).ConfigureAwait(false);
        return piece.Source < 0 ? throw volume.Damaged("journal", $"has a hole at block {block}") : piece.Source + (offset - piece.Offset);
    }

    public async ValueTask ReadAsync(uint block, Memory<byte> buffer, CancellationToken cancellationToken) =>
        await volume.Reader.ReadAsync(await PlaceAsync(block, cancellationToken).ConfigureAwait(false), buffer, "journal", cancellationToken).ConfigureAwait(false);
}
