using System.Buffers.Binary;

namespace VmProxy.GuestFiles.Tests.Xfs;

/// <summary>Finds and repairs the structures in the bytes of an image of version 5 with blocks of 4 KiB, by their signatures.</summary>
static class XfsBlocks
{
    public const int BlockSize = 4096;
    const int Sector = 512;

    /// <summary>Where metadata lies that the reader looks at: blocks with a known head, and inodes.</summary>
    public static List<(int Offset, int Length)> MetadataOf(byte[] image)
    {
        var found = new List<(int Offset, int Length)> { (0, Sector) };
        for (var at = BlockSize; at < image.Length; at += BlockSize)
        {
            if (IsInodes(image, at) || XfsHeader.Of(image.AsSpan(at)) is not null)
            {
                found.Add((at, BlockSize));
            }
        }

        return found;
    }

    /// <summary>The first block with a signature that belongs to an inode.</summary>
    public static int BlockOf(byte[] image, ulong owner, Func<uint, bool> isMagic) =>
        Enumerable.Range(1, (image.Length / BlockSize) - 1).Select(block => block * BlockSize).First(at =>
            XfsHeader.Of(image.AsSpan(at)) is { } header && (isMagic(image.U32(at)) || isMagic(image.U16(at + 8))) && image.U64(at + header.Owner) == owner);

    /// <summary>Makes all checksums right, those of the log's records apart.</summary>
    public static void Repair(byte[] image)
    {
        if (image.AsSpan().StartsWith("XFSB"u8))
        {
            XfsChecksum.Write(image.AsSpan(0, Sector), XfsSuperblock.ChecksumField);
        }

        foreach (var (offset, _) in MetadataOf(image).Skip(1))
        {
            RepairBlock(image, offset);
        }
    }

    public static void RepairBlock(byte[] image, int offset)
    {
        if (!IsInodes(image, offset))
        {
            XfsChecksum.Write(image.AsSpan(offset, BlockSize), XfsHeader.Of(image.AsSpan(offset))!.Value.Checksum);
            return;
        }

        for (var inode = offset; inode < offset + BlockSize; inode += Sector)
        {
            XfsChecksum.Write(image.AsSpan(inode, Sector), XfsInode.ChecksumField);
        }
    }

    /// <summary>Where the records of the log lie: those parts that were ever written.</summary>
    public static List<(int Offset, int Length)> LogOf(byte[] image)
    {
        var superblock = XfsSuperblock.Parse(image, "superblock");
        var start = (int)superblock.ByteOf(superblock.LogStart);
        var written = Enumerable.Range(0, (int)superblock.LogBlocks).Select(block => start + (block * BlockSize))
            .Where(at => image.AsSpan(at, BlockSize).ContainsAnyExcept((byte)0));
        return [.. written.Select(at => (at, BlockSize))];
    }

    /// <summary>Makes the checksums of the log's records right that can be read at all.</summary>
    public static void RepairLog(byte[] image)
    {
        XfsSuperblock superblock;
        try
        {
            superblock = XfsSuperblock.Parse(image, "superblock");
        }
        catch (GuestFileException)
        {
            return;
        }

        var start = (int)superblock.ByteOf(superblock.LogStart);
        var end = Math.Min(image.Length, start + ((int)superblock.LogBlocks << superblock.BlockLog));
        for (var at = start; at >= 0 && at <= end - Sector; at += Sector)
        {
            if (image.U32(at) == XfsLogArea.Magic && image.U32(at + 320) <= 32 * 1024 && image.U32(at + 12) <= end - at - Sector)
            {
                var length = (int)image.U32(at + 12);
                var sum = Crc32C.Continue(uint.MaxValue, image.AsSpan(at, 32));
                sum = Crc32C.Continue(sum, new byte[4]);
                sum = Crc32C.Continue(sum, image.AsSpan(at + 36, 292));
                sum = ~Crc32C.Continue(sum, image.AsSpan(at + Sector, length));
                BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(at + 32), sum);
            }
        }
    }

    static bool IsInodes(byte[] image, int at) => image.U16(at) == XfsInode.Magic;
}
