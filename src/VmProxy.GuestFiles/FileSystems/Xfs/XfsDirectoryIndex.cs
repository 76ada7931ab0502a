using System.Numerics;

namespace VmProxy.GuestFiles;

/// <summary>Finds a name in a large directory through its index of hashes, which costs a few blocks whatever the directory's size.</summary>
sealed class XfsDirectoryIndex(XfsVolume volume, XfsInode directory)
{
    const ushort Leaf = 0xD2F1;
    const ushort LeafOfMany = 0xD2FF;
    const ushort Node = 0xFEBE;
    const ushort Leaf5 = 0x3DF1;
    const ushort LeafOfMany5 = 0x3DFF;
    const ushort Node5 = 0x3EBE;
    const int MaxLevels = 5;
    const int MaxLeaves = 1024;

    readonly XfsExtentMap _map = new(volume, directory.Data);
    readonly XfsSuperblock _superblock = volume.Superblock;

    /// <summary>The hash of a name in the indexes of directories and attributes.</summary>
    public static uint HashOf(ReadOnlySpan<byte> name)
    {
        uint hash = 0;
        for (; name.Length >= 4; name = name[4..])
        {
            hash = ((uint)name[0] << 21) ^ ((uint)name[1] << 14) ^ ((uint)name[2] << 7) ^ name[3] ^ BitOperations.RotateLeft(hash, 28);
        }

        return name.Length switch
        {
            3 => ((uint)name[0] << 14) ^ ((uint)name[1] << 7) ^ name[2] ^ BitOperations.RotateLeft(hash, 21),
            2 => ((uint)name[0] << 7) ^ name[1] ^ BitOperations.RotateLeft(hash, 14),
            1 => name[0] ^ BitOperations.RotateLeft(hash, 7),
            _ => hash,
        };
    }

    /// <summary>The inode of a name, or null. Only for directories of more than one block.</summary>
    /// <exception cref="GuestFileException">The index, or the block that it leads to, is damaged.</exception>
    public async ValueTask<ulong?> FindAsync(byte[] name, CancellationToken cancellationToken)
    {
        var hash = HashOf(name);
        var headerSize = _superblock.IsVersion5 ? 64 : 16;
        var block = await ReadAsync((ulong)XfsDirectory.NameSpace >> _superblock.BlockLog, cancellationToken).ConfigureAwait(false);
        for (var level = 0; Magic(block) is Node or Node5; level++)
        {
            var count = CountOf(block, headerSize);
            if (level == MaxLevels || count == 0)
            {
                throw Damaged("has no end or no branches");
            }

            // The hash of a branch is the highest below it.
            var branch = 0;
            while (branch < count - 1 && block.U32(headerSize + (branch * 8)) < hash)
            {
                branch++;
            }

            block = await ReadAsync(block.U32(headerSize + (branch * 8) + 4), cancellationToken).ConfigureAwait(false);
        }

        for (var leaves = 0; leaves < MaxLeaves; leaves++)
        {
            if (Magic(block) is not (Leaf or Leaf5 or LeafOfMany or LeafOfMany5))
            {
                throw Damaged("has a block that is neither leaf nor node");
            }

            var count = CountOf(block, headerSize);
            for (var i = FirstAtLeast(block, headerSize, count, hash); i < count; i++)
            {
                if (block.U32(headerSize + (i * 8)) != hash)
                {
                    return null;
                }

                var address = block.U32(headerSize + (i * 8) + 4);
                if (address != 0 && await InodeAtAsync((long)address * 8, name, cancellationToken).ConfigureAwait(false) is { } inode)
                {
                    return inode;
                }
            }

            // Names of one hash can go on in the next leaf.
            var next = block.U32(0);
            if (Magic(block) is Leaf or Leaf5 || next == 0)
            {
                return null;
            }

            block = await ReadAsync(next, cancellationToken).ConfigureAwait(false);
        }

        throw Damaged("has leaves without end");
    }

    static ushort Magic(byte[] block) => block.U16(8);

    static int FirstAtLeast(byte[] block, int headerSize, int count, uint hash)
    {
        var (low, high) = (0, count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = block.U32(headerSize + (middle * 8)) < hash ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    int CountOf(byte[] block, int headerSize)
    {
        var count = block.U16(_superblock.IsVersion5 ? 56 : 12);
        return count <= (block.Length - headerSize) / 8 ? count : throw Damaged($"has a block of {count} entries");
    }

    async ValueTask<ulong?> InodeAtAsync(long address, byte[] name, CancellationToken cancellationToken)
    {
        var first = address / _superblock.DirectoryBlockSize * _superblock.DirectoryBlockSize;
        var (block, offset) = await ReadBlockAsync((ulong)first >> _superblock.BlockLog, cancellationToken).ConfigureAwait(false);
        if (XfsDirectoryBlock.DefectOf(block, _superblock, offset, directory.Number) is { } defect)
        {
            throw Damaged($"leads to the block at byte {first}, which {defect}");
        }

        return !XfsDirectoryBlock.TryEntryAt(block, (int)(address - first), _superblock, out var found, out var inode)
            ? throw Damaged($"leads to byte {address}, where no name is")
            : found.SequenceEqual(name) ? inode : null;
    }

    async ValueTask<byte[]> ReadAsync(ulong first, CancellationToken cancellationToken)
    {
        var (block, offset) = await ReadBlockAsync(first, cancellationToken).ConfigureAwait(false);
        return _superblock.IsVersion5 && XfsHeader.Index.DefectOf(block, _superblock, offset, directory.Number) is { } defect
            ? throw Damaged($"has a block that {defect}")
            : block;
    }

    async ValueTask<(byte[] Block, long Offset)> ReadBlockAsync(ulong first, CancellationToken cancellationToken)
    {
        var block = new byte[_superblock.DirectoryBlockSize];
        long start = -1;
        for (var i = 0; i < block.Length; i += _superblock.BlockSize)
        {
            var number = first + ((ulong)i >> _superblock.BlockLog);
            var extent = await _map.FindAsync(number, cancellationToken).ConfigureAwait(false);
            if (extent.IsHole)
            {
                throw Damaged($"leads to block {number}, which is missing");
            }

            var offset = _superblock.ByteOf(extent.Block + (number - extent.First));
            await volume.ReadAsync(offset, block.AsMemory(i, _superblock.BlockSize), directory.Subject, cancellationToken).ConfigureAwait(false);
            start = i == 0 ? offset : start;
        }

        return (block, start);
    }

    GuestFileException Damaged(string defect) => GuestFileException.Damaged(directory.Subject, $"The index of the directory with {directory.Subject} {defect}.");
}
