namespace VmProxy.GuestFiles;

/// <summary>Where a kind of metadata block of version 5 keeps what proves it: its checksum, its own place, its file system and its owner.</summary>
/// <param name="Checksum">Where its checksum lies.</param>
/// <param name="Place">Where the sector lies that it was written to.</param>
/// <param name="Moment">Where it says when it was last changed: round and sector of the log.</param>
/// <param name="Uuid">Where the identity of its file system lies.</param>
/// <param name="Owner">Where the inode lies that it belongs to.</param>
readonly record struct XfsHeader(int Checksum, int Place, int Moment, int Uuid, int Owner)
{
    /// <summary>Data of directories (XDB3, XDD3).</summary>
    public static readonly XfsHeader Directory = new(4, 8, 16, 24, 40);

    /// <summary>Leaves and nodes of directories and attributes.</summary>
    public static readonly XfsHeader Index = new(12, 16, 24, 32, 48);

    /// <summary>Blocks of a B+tree of extents (BMA3).</summary>
    public static readonly XfsHeader Tree = new(64, 24, 32, 40, 56);

    /// <summary>Targets of links and large attributes (XSLM, XARM).</summary>
    public static readonly XfsHeader Remote = new(12, 40, 48, 16, 32);

    /// <summary>The header of a block by its signature, or null for a block that this reader has no use for.</summary>
    public static XfsHeader? Of(ReadOnlySpan<byte> block) => block.U32(0) switch
    {
        0x58444233 or 0x58444433 => Directory,
        0x424D4133 => Tree,
        0x58534C4D or 0x5841524D => Remote,
        _ => block.U16(8) is 0x3DF1 or 0x3DFF or 0x3EBE or 0x3BEE ? Index : null,
    };

    /// <summary>What is wrong with a block of version 5, as the end of a sentence, or null.</summary>
    /// <param name="block">The whole block.</param>
    /// <param name="superblock">The file system.</param>
    /// <param name="offset">The byte on the volume where it begins.</param>
    /// <param name="owner">The inode that it should belong to.</param>
    public string? DefectOf(ReadOnlySpan<byte> block, XfsSuperblock superblock, long offset, ulong owner) =>
        !XfsChecksum.IsRight(block, Checksum) ? "has a wrong checksum"
        : block.U64(Place) != (ulong)offset / 512 ? $"says that it lies at sector {block.U64(Place)}"
        : !block.Slice(Uuid, 16).SequenceEqual(superblock.MetadataUuid) ? "belongs to another file system"
        : block.U64(Owner) != owner ? $"belongs to inode {block.U64(Owner)}"
        : null;
}
