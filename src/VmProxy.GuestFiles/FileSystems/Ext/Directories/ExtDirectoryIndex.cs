using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>The hash index of a large directory. Source: the kernel's documentation of ext4 (Hash Tree Directories).</summary>
static class ExtDirectoryIndex
{
    const int RootEntries = 32;
    const int NodeEntries = 8;
    const int EntryBytes = 8;
    const int TailBytes = 8;
    const int RootInfo = 24;
    const int MaxLevels = 3;
    const uint BlockMask = 0x0FFF_FFFF;

    /// <summary>Whether a directory's first block is the root of an index.</summary>
    public static bool IsRoot(ReadOnlySpan<byte> block) =>
        BinaryPrimitives.ReadUInt16LittleEndian(block[4..]) == 12
        && ExtDirectoryEntries.LengthOf(BinaryPrimitives.ReadUInt16LittleEndian(block[16..]), block.Length) == block.Length - 12
        && BinaryPrimitives.ReadUInt32LittleEndian(block[RootInfo..]) == 0 && block[RootInfo + 5] == 8;

    /// <summary>Whether a node, or the root, matches its checksum, which follows the room for its entries.</summary>
    public static bool IsSound(ReadOnlySpan<byte> block, uint seed)
    {
        var entries = EntriesOf(block);
        var (limit, count) = (UInt16(block, entries), UInt16(block, entries + 2));
        var tail = entries + (limit * EntryBytes);
        if (count > limit || tail + TailBytes > block.Length)
        {
            return false;
        }

        var crc = Crc32C.Continue(seed, block[..(entries + (count * EntryBytes))]);
        crc = Crc32C.ContinueZeros(Crc32C.Continue(crc, block.Slice(tail, 4)), sizeof(uint));
        return crc == BinaryPrimitives.ReadUInt32LittleEndian(block[(tail + 4)..]);
    }

    /// <summary>
    /// The inode of a name, 0 if the directory has no such name, or null where the index does not tell: it is damaged, of an unknown kind, or the name's hash lies at the end of a node.
    /// So it is where an index without checksums does not know the name: it may be damaged unseen. Then the blocks have to be gone through.
    /// </summary>
    public static async ValueTask<uint?> FindAsync(ExtDirectory directory, ExtSuperblock superblock, byte[] name, CancellationToken cancellationToken)
    {
        try
        {
            var node = await directory.ReadBlockAsync(0, cancellationToken).ConfigureAwait(false);
            if (!IsRoot(node) || node[RootInfo + 6] >= MaxLevels)
            {
                return null;
            }

            var version = node[RootInfo + 4] + (node[RootInfo + 4] <= ExtHash.Tea && superblock.HashesUnsigned ? ExtHash.Unsigned : 0);
            if (!ExtHash.TryCompute(version, superblock.HashSeed, name, out var hash, out _))
            {
                return null;
            }

            for (var levels = (int)node[RootInfo + 6]; ; levels--)
            {
                if (Search(node, hash) is not { } found)
                {
                    return null;
                }

                if (levels == 0)
                {
                    var inode = await FindInLeavesAsync(directory, node, found, hash, name, cancellationToken).ConfigureAwait(false);
                    return inode == 0 && !superblock.HasChecksums ? null : inode;
                }

                node = await directory.ReadBlockAsync(BlockOf(node, found), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (GuestFileException)
        {
            return null;
        }
    }

    /// <summary>Looks into the leaf of the hash, and into those after it that go on with the same hash.</summary>
    static async ValueTask<uint?> FindInLeavesAsync(ExtDirectory directory, byte[] node, int index, uint hash, byte[] name, CancellationToken cancellationToken)
    {
        var count = UInt16(node, EntriesOf(node) + 2);
        do
        {
            var leaf = await directory.ReadBlockAsync(BlockOf(node, index), cancellationToken).ConfigureAwait(false);
            if (ExtDirectoryEntries.Find(leaf, name) is > 0 and var inode)
            {
                return inode;
            }

            if (++index == count)
            {
                return null;
            }
        }
        while ((HashOf(node, index) & ~1u) == hash);
        return 0;
    }

    /// <summary>The last entry whose hash is not greater; null where the node is damaged.</summary>
    static int? Search(byte[] node, uint hash)
    {
        var entries = EntriesOf(node);
        var (limit, count) = (UInt16(node, entries), UInt16(node, entries + 2));
        if (count == 0 || count > limit || entries + (limit * EntryBytes) > node.Length)
        {
            return null;
        }

        var (low, high) = (0, count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (HashOf(node, middle) <= hash)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    static int EntriesOf(ReadOnlySpan<byte> node) => IsRoot(node) ? RootEntries : NodeEntries;

    static uint HashOf(ReadOnlySpan<byte> node, int index) => BinaryPrimitives.ReadUInt32LittleEndian(node[(EntriesOf(node) + (index * EntryBytes))..]);

    static long BlockOf(ReadOnlySpan<byte> node, int index) =>
        BinaryPrimitives.ReadUInt32LittleEndian(node[(EntriesOf(node) + (index * EntryBytes) + 4)..]) & BlockMask;

    static ushort UInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
}
