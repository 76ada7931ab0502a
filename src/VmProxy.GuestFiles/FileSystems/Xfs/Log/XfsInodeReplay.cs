using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>Replays changes of inodes, and the making of new ones.</summary>
sealed class XfsInodeReplay(XfsOverlay overlay, XfsSuperblock superblock, XfsCanceledBuffers canceled)
{
    const int Device = 0x010;
    const int DataBytes = 0x002 | 0x004;
    const int DataRoot = 0x008;
    const int AttributeBytes = 0x040 | 0x080;
    const int AttributeRoot = 0x100;
    const int MaxCreated = 1024;
    const int MaxFlushes = 0xFFFF;

    /// <summary>Changes that were replayed.</summary>
    public int Count { get; private set; }

    public async ValueTask ReplayAsync(XfsLogItem item, ulong moment, CancellationToken cancellationToken)
    {
        // 32-bit machines left the padding before the number out.
        var length = item.Description.Length;
        var shift = length == 52 ? -4 : 0;
        if (length < 52 || item.Count < 2)
        {
            throw Damaged($"has a description of {length} bytes");
        }

        var number = item.Description.Little64(16 + shift);
        var sector = (long)item.Description.Little64(40 + shift);
        var sectors = (int)item.Description.Little32(48 + shift);
        if (!superblock.IsInode(number))
        {
            throw Damaged($"is of inode {number}, which cannot be");
        }

        if (canceled.Contains(sector, sectors))
        {
            return;
        }

        var offset = superblock.ByteOfInode(number);
        var inode = await overlay.ReadAsync(offset, superblock.InodeSize, cancellationToken).ConfigureAwait(false);
        if (inode.U16(0) != XfsInode.Magic)
        {
            throw Damaged($"is of inode {number}, whose place holds none");
        }

        if (!IsNewer(inode, item, moment))
        {
            Apply(item, inode, item.Description.Little32(24 + shift), moment);
            await overlay.WriteAsync(offset, inode, cancellationToken).ConfigureAwait(false);
            Count++;
        }
    }

    /// <summary>Makes the empty inodes of a new chunk, whose blocks were never logged.</summary>
    public async ValueTask CreateAsync(XfsLogItem item, CancellationToken cancellationToken)
    {
        if (item.Description.Length < 28)
        {
            throw Damaged("makes inodes and has no room for its description");
        }

        var description = item.Description;
        var (group, block, count, length, generation) = (description.U32(4), description.U32(8), description.U32(12), description.U32(20), description.U32(24));
        var first = ((ulong)group << superblock.GroupBlockLog) + block;
        if (block >= superblock.GroupBlocks || count > MaxCreated || length > MaxCreated || description.U32(16) != superblock.InodeSize
            || !superblock.IsBlocks(first, length) || (ulong)count * (ulong)superblock.InodeSize > (ulong)length << superblock.BlockLog)
        {
            throw Damaged($"makes {count} inodes in {length} blocks at block {block} of group {group}");
        }

        var cluster = ClusterBlocks();
        for (uint i = 0; i < length; i += cluster)
        {
            if (canceled.Contains(superblock.ByteOf(first + i) / 512, (int)(cluster << superblock.BlockLog) / 512))
            {
                return;
            }
        }

        var inodes = new byte[(int)count * superblock.InodeSize];
        for (var i = 0; i < (int)count; i++)
        {
            var inode = inodes.AsSpan(i * superblock.InodeSize, superblock.InodeSize);
            BinaryPrimitives.WriteUInt16BigEndian(inode, XfsInode.Magic);
            inode[4] = 3;
            BinaryPrimitives.WriteUInt32BigEndian(inode[92..], generation);
            BinaryPrimitives.WriteUInt32BigEndian(inode[96..], uint.MaxValue);
            BinaryPrimitives.WriteUInt64BigEndian(inode[152..], (first << superblock.InodesPerBlockLog) + (ulong)i);
            superblock.MetadataUuid.CopyTo(inode[160..]);
            XfsChecksum.Write(inode, XfsInode.ChecksumField);
        }

        await overlay.WriteAsync(superblock.ByteOf(first), inodes, cancellationToken).ConfigureAwait(false);
    }

    static GuestFileException Damaged(string defect) => GuestFileException.Damaged("log", $"A change of an inode in the log {defect}.");

    /// <summary>Whether the inode on the disk is newer: version 3 keeps a moment of the log, the others count how often they were written.</summary>
    bool IsNewer(ReadOnlySpan<byte> inode, XfsLogItem item, ulong moment)
    {
        if (superblock.IsVersion5)
        {
            var written = inode.U64(112);
            return written is not (0 or ulong.MaxValue) && written > moment;
        }

        var (logged, flushed) = (item[1].Length >= 32 ? item[1].Little16(30) : 0, inode.U16(30));
        return logged < flushed && !(flushed == MaxFlushes && logged < MaxFlushes / 2);
    }

    void Apply(XfsLogItem item, byte[] inode, uint device, ulong moment)
    {
        var core = item[1];
        if (core.Length < 96 || core.Little16(0) != XfsInode.Magic || (superblock.IsVersion5 && (core.Length < 176 || core[4] < 3)))
        {
            throw Damaged($"has a core of {core.Length} bytes that is none");
        }

        XfsLogInode.ToDisk(core, inode, moment);
        var start = XfsInode.CoreSize(inode[4]);
        var attributes = inode[82] == 0 ? inode.Length : start + (inode[82] * 8);
        if (attributes > inode.Length)
        {
            throw Damaged($"has attributes at byte {attributes}");
        }

        var fields = item.Description.Little32(4);
        if ((fields & Device) != 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(inode.AsSpan(start), device);
        }

        var region = 2;
        region += ApplyFork(item, region, fields & (DataBytes | DataRoot), DataRoot, inode.AsSpan(start, attributes - start)) ? 1 : 0;
        ApplyFork(item, region, fields & (AttributeBytes | AttributeRoot), AttributeRoot, inode.AsSpan(attributes));
        if (superblock.IsVersion5)
        {
            XfsChecksum.Write(inode, XfsInode.ChecksumField);
        }
    }

    bool ApplyFork(XfsLogItem item, int region, uint fields, uint root, Span<byte> fork)
    {
        if (fields == 0 || region >= item.Count)
        {
            return false;
        }

        var bytes = item[region];
        if (fields == root)
        {
            XfsLogInode.RootToDisk(bytes, superblock.IsVersion5 ? 72 : 24, fork);
        }
        else
        {
            // Regions are padded to four bytes.
            bytes[..Math.Min(bytes.Length, fork.Length)].CopyTo(fork);
        }

        return true;
    }

    /// <summary>Blocks of a buffer of inodes: 8 KiB for inodes of 256 bytes, and more for larger ones where chunks are aligned to it.</summary>
    uint ClusterBlocks()
    {
        const int size = 8192;
        var scaled = size * superblock.InodeSize / 256;
        var bytes = superblock.InodeAlignment >= (uint)Math.Max(1, scaled >> superblock.BlockLog) ? scaled : size;
        return (uint)Math.Max(1, bytes >> superblock.BlockLog);
    }
}
