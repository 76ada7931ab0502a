using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>Opens what an inode holds, wherever it lies.</summary>
static class ExtContents
{
    /// <summary>The content of a file.</summary>
    /// <exception cref="GuestFileException">Its size or its inline data is damaged.</exception>
    public static IBlockDevice Open(ExtVolume volume, ExtInode inode)
    {
        var subject = $"inode {inode.Number}";
        var size = inode.Size(false);
        return size < 0 ? throw volume.Damaged(subject, $"has the size {size}")
            : size == 0 ? new BytesContent(default)
            : inode.Flags.HasFlag(ExtInodeFlags.InlineData) ? new BytesContent(Inline(volume, inode, size))
            : new ExtContent(volume.Device, new ExtMapCursor(ExtMap.Of(volume, inode, subject), subject), size, subject);
    }

    /// <summary>The target of a symbolic link.</summary>
    public static async ValueTask<string> ReadLinkAsync(ExtVolume volume, ExtInode inode, CancellationToken cancellationToken)
    {
        var size = inode.Size(false);
        if (size == 0 || size > volume.Superblock.BlockSize)
        {
            throw volume.Damaged($"inode {inode.Number}", $"is a symbolic link of {size} bytes");
        }

        // A short target lies where the map would be.
        var isShort = size < ExtInode.BlockBytes && !inode.Flags.HasFlag(ExtInodeFlags.Extents) && !inode.Flags.HasFlag(ExtInodeFlags.InlineData);
        if (isShort)
        {
            return Target(inode.Block.Span[..(int)size]);
        }

        await using var content = Open(volume, inode);
        var bytes = new byte[size];
        await content.ReadAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        return Target(bytes);
    }

    /// <summary>Inline data: the first bytes in i_block, the rest in an attribute; what is not kept is zeros.</summary>
    static byte[] Inline(ExtVolume volume, ExtInode inode, long size)
    {
        var subject = $"inode {inode.Number}";
        if (size > volume.Superblock.InodeSize)
        {
            throw volume.Damaged(subject, $"holds {size} bytes inside of itself, which is more than it has");
        }

        var rest = ExtAttributes.InlineData(volume, inode);
        var bytes = new byte[size];
        var first = Math.Min(bytes.Length, ExtInode.BlockBytes);
        inode.Block.Span[..first].CopyTo(bytes);
        rest.Span[..Math.Min(rest.Length, bytes.Length - first)].CopyTo(bytes.AsSpan(first));
        return bytes;
    }

    static string Target(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        return GuestName.FromBytes(end < 0 ? bytes : bytes[..end]);
    }
}
