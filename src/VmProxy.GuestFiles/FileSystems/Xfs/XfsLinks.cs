namespace VmProxy.GuestFiles;

/// <summary>Reads the targets of symbolic links.</summary>
sealed class XfsLinks(XfsVolume volume)
{
    const int MaxTarget = 1024;
    const uint Magic = 0x58534C4D;
    const int HeaderSize = 56;

    /// <exception cref="GuestFileException">It is damaged.</exception>
    public async ValueTask<string> ReadAsync(XfsInode link, CancellationToken cancellationToken)
    {
        if (link.Size is 0 or > MaxTarget)
        {
            throw Damaged(link, $"says that its target has {link.Size} bytes");
        }

        var fork = link.Data;
        return fork.Format != XfsForkFormat.Local ? await ReadBlocksAsync(link, cancellationToken).ConfigureAwait(false)
            : link.Size > fork.Bytes.Length ? throw Damaged(link, $"has no room for a target of {link.Size} bytes")
            : GuestName.FromBytes(fork.Bytes.Span[..(int)link.Size]);
    }

    async ValueTask<string> ReadBlocksAsync(XfsInode link, CancellationToken cancellationToken)
    {
        var superblock = volume.Superblock;
        var map = new XfsExtentMap(volume, link.Data);
        var target = new byte[link.Size];
        var done = 0;
        for (ulong block = 0; done < target.Length;)
        {
            // Version 5 has one head for all blocks that follow each other.
            var extent = await map.FindAsync(block, cancellationToken).ConfigureAwait(false);
            if (extent.IsHole || extent.Count > (ulong)(4 * MaxTarget / superblock.BlockSize) + 1)
            {
                throw Damaged(link, $"has its target in {extent.Count} blocks at block {extent.Block}");
            }

            var offset = superblock.ByteOf(extent.Block);
            var bytes = new byte[(int)extent.Count << superblock.BlockLog];
            await volume.ReadAsync(offset, bytes, link.Subject, cancellationToken).ConfigureAwait(false);
            var text = bytes.AsMemory();
            if (superblock.IsVersion5)
            {
                var defect = bytes.U32(0) != Magic ? "has no signature of a link" : XfsHeader.Remote.DefectOf(bytes, superblock, offset, link.Number);
                var length = bytes.U32(8);
                defect ??= bytes.U32(4) != done || length == 0 || length > bytes.Length - HeaderSize ? $"says that it has {length} bytes from byte {bytes.U32(4)} on" : null;
                text = defect is null ? text.Slice(HeaderSize, (int)length) : throw Damaged(link, $"has a target whose block {defect}");
            }

            text = text[..Math.Min(text.Length, target.Length - done)];
            text.CopyTo(target.AsMemory(done));
            done += text.Length;
            block = extent.End;
        }

        return GuestName.FromBytes(target);
    }

    static GuestFileException Damaged(XfsInode link, string defect) => GuestFileException.Damaged(link.Subject, $"The link with {link.Subject} {defect}.");
}
