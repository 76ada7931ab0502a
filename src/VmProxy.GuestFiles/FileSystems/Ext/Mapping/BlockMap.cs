using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>A map by blocks: twelve direct ones, then one, two and three levels of blocks of pointers. Source: the kernel's documentation of ext4 (Direct/Indirect Block Addressing).</summary>
sealed class BlockMap(ExtVolume volume, ExtInode inode, string subject) : ExtMap(volume, subject)
{
    const int Direct = 12;
    const int Levels = 3;

    public override async ValueTask<ExtMapPart> PartAtAsync(long offset, CancellationToken cancellationToken)
    {
        var wanted = offset / BlockSize;
        if (wanted < Direct)
        {
            return Part(inode.Block.Span[..(Direct * sizeof(uint))], 0);
        }

        long perBlock = BlockSize / sizeof(uint);
        var (first, span) = ((long)Direct, perBlock);
        for (var level = 1; level <= Levels; level++)
        {
            if (wanted < first + span)
            {
                return await BelowAsync(Pointer(inode.Block.Span, Direct + level - 1), level, first, span, wanted, cancellationToken).ConfigureAwait(false);
            }

            first += span;
            span *= perBlock;
        }

        return ExtMapPart.Of(first * BlockSize, Infinity, ContentPiece.Hole);
    }

    /// <summary>Goes down through blocks of pointers; <paramref name="span"/> is what the block is about.</summary>
    async ValueTask<ExtMapPart> BelowAsync(long block, int level, long first, long span, long wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (block == 0)
            {
                return ExtMapPart.Of(first * BlockSize, (first + span) * BlockSize, ContentPiece.Hole);
            }

            var pointers = await Volume.ReadBlockAsync(block, Subject, "indirect block", cancellationToken).ConfigureAwait(false);
            if (level == 1)
            {
                return Part(pointers, first);
            }

            span /= BlockSize / sizeof(uint);
            var index = (wanted - first) / span;
            first += index * span;
            block = Pointer(pointers, (int)index);
            level--;
        }
    }

    ExtMapPart Part(ReadOnlySpan<byte> pointers, long first)
    {
        var builder = new ExtMapPartBuilder(first * BlockSize);
        var count = pointers.Length / sizeof(uint);
        for (var i = 0; i < count; i++)
        {
            var block = Pointer(pointers, i);
            if (block >= Volume.Superblock.BlockCount)
            {
                throw Volume.Damaged(Subject, $"maps block {first + i} to block {block}, outside of the file system's {Volume.Superblock.BlockCount} blocks");
            }

            if (block != 0)
            {
                builder.Add((first + i) * BlockSize, BlockSize, block * BlockSize);
            }
        }

        return builder.Build((first + count) * BlockSize);
    }

    static long Pointer(ReadOnlySpan<byte> pointers, int index) => BinaryPrimitives.ReadUInt32LittleEndian(pointers[(index * sizeof(uint))..]);
}
