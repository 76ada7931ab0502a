using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>A map by extents: a tree whose root lies in the inode. Source: the kernel's documentation of ext4 (Extent Tree).</summary>
sealed class ExtentMap(ExtVolume volume, ExtInode inode, string subject) : ExtMap(volume, subject)
{
    const ushort Magic = 0xF30A;
    const int HeaderBytes = 12;
    const int EntryBytes = 12;

    /// <summary>Levels of nodes below the root; the kernel allows no more.</summary>
    const int MaxDepth = 5;

    /// <summary>The longest extent; a greater number means an extent that was allocated and never written.</summary>
    const int MaxWritten = 32768;

    const long LogicalEnd = 1L << 32;

    readonly uint _seed = inode.ChecksumSeed(volume.Superblock.ChecksumSeed);

    public override async ValueTask<ExtMapPart> PartAtAsync(long offset, CancellationToken cancellationToken)
    {
        var wanted = offset / BlockSize;
        if (wanted >= LogicalEnd)
        {
            return ExtMapPart.Of(LogicalEnd * BlockSize, Infinity, ContentPiece.Hole);
        }

        var node = inode.Block;
        var (first, end) = (0L, LogicalEnd);
        int? expected = null;
        while (true)
        {
            var depth = Check(node.Span, expected);
            if (depth == 0)
            {
                return Leaf(node.Span, first, end);
            }

            var child = Descend(node.Span, wanted, ref first, ref end);
            var block = await Volume.ReadBlockAsync(child, Subject, "extent block", cancellationToken).ConfigureAwait(false);
            CheckSum(block, child);
            (node, expected) = (block, depth - 1);
        }
    }

    /// <summary>Checks a node's header and gives its depth.</summary>
    int Check(ReadOnlySpan<byte> node, int? expected)
    {
        var entries = UInt16(node, 2);
        var room = (node.Length - HeaderBytes) / EntryBytes;
        var depth = UInt16(node, 6);
        return UInt16(node, 0) != Magic ? throw Damaged("has no signature")
            : UInt16(node, 4) > room || entries > UInt16(node, 4) ? throw Damaged($"says that it holds {entries} of {UInt16(node, 4)} entries, where {room} fit")
            : depth > MaxDepth || (expected is { } wanted && depth != wanted) ? throw Damaged($"says that it is {depth} levels above the extents")
            : depth > 0 && entries == 0 ? throw Damaged("is empty")
            : depth;
    }

    /// <summary>The child that holds the block, which begins at or after <paramref name="first"/>; narrows the range that the child is about.</summary>
    long Descend(ReadOnlySpan<byte> node, long wanted, ref long first, ref long end)
    {
        var child = 0L;
        long last = -1;
        for (var i = 0; i < UInt16(node, 2); i++)
        {
            var entry = node.Slice(HeaderBytes + (i * EntryBytes), EntryBytes);
            long start = UInt32(entry, 0);
            if (start <= last)
            {
                throw Damaged("is not in order");
            }

            last = start;
            if (start > wanted && i > 0)
            {
                end = Math.Min(end, start);
                break;
            }

            // What lies before the first child is a hole, which the child tells.
            first = i == 0 ? first : Math.Max(first, start);
            child = UInt32(entry, 4) | ((long)UInt16(entry, 8) << 32);
        }

        return first < end ? child : throw Damaged("is not in order");
    }

    ExtMapPart Leaf(ReadOnlySpan<byte> node, long first, long end)
    {
        var builder = new ExtMapPartBuilder(first * BlockSize);
        var at = first;
        for (var i = 0; i < UInt16(node, 2); i++)
        {
            var entry = node.Slice(HeaderBytes + (i * EntryBytes), EntryBytes);
            long logical = UInt32(entry, 0);
            int length = UInt16(entry, 4);
            var isWritten = length <= MaxWritten;
            length = isWritten ? length : length - MaxWritten;
            var physical = UInt32(entry, 8) | ((long)UInt16(entry, 6) << 32);
            if (length == 0 || logical < at || logical + length > end)
            {
                throw Damaged($"holds an extent of blocks {logical} to {logical + length - 1}, which overlaps another or leaves the node");
            }

            if (physical <= 0 || physical > Volume.Superblock.BlockCount - length)
            {
                throw Damaged($"maps block {logical} to block {physical}, outside of the file system's {Volume.Superblock.BlockCount} blocks");
            }

            at = logical + length;
            builder.Add(logical * BlockSize, (long)length * BlockSize, isWritten ? physical * BlockSize : ContentPiece.Zero);
        }

        return builder.Build(end * BlockSize);
    }

    /// <summary>The checksum of an extent block follows the room for its entries.</summary>
    void CheckSum(byte[] block, long number)
    {
        var end = HeaderBytes + (EntryBytes * UInt16(block, 4));
        if (Volume.Superblock.HasChecksums && (end + sizeof(uint) > block.Length || Crc32C.Continue(_seed, block.AsSpan(0, end)) != UInt32(block, end)))
        {
            throw Volume.Damaged(Subject, $"has an extent block, {number}, that does not match its checksum");
        }
    }

    GuestFileException Damaged(string what) => Volume.Damaged(Subject, $"has an extent node that {what}");

    static ushort UInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
