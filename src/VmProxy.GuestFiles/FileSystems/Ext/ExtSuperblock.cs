using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// The superblock: the geometry of the file system, its features and its identity. Source: the kernel's documentation of ext4 (Super Block). What is parsed is credible: each
/// number has been checked against the others.
/// </summary>
sealed class ExtSuperblock
{
    public const int Bytes = 1024;

    /// <summary>Where the first copy lies on the volume, whatever the block size.</summary>
    public const int FirstOffset = 1024;

    const ushort Magic = 0xEF53;
    const int ChecksumOffset = 0x3FC;
    const int OldInodeSize = 128;
    const ExtReadOnlyCompatible OfExt3 = ExtReadOnlyCompatible.SparseSuper | ExtReadOnlyCompatible.LargeFile | ExtReadOnlyCompatible.TreeDirectories;
    const ExtIncompatible OfExt3Too = ExtIncompatible.FileType | ExtIncompatible.Recover | ExtIncompatible.MetaGroups;

    readonly byte[] _bytes;

    ExtSuperblock(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    public uint InodeCount => UInt32(0x0);

    public long BlockCount => UInt32(0x4) | (IsWide ? (long)UInt32(0x150) << 32 : 0);

    public uint FirstDataBlock => UInt32(0x14);

    public int BlockSize => 1024 << (int)UInt32(0x18);

    public uint BlocksPerGroup => UInt32(0x20);

    public uint InodesPerGroup => UInt32(0x28);

    public bool IsDynamic => UInt32(0x4C) > 0;

    public int InodeSize => IsDynamic ? UInt16(0x58) : OldInodeSize;

    /// <summary>The group that holds this copy.</summary>
    public ushort GroupOfCopy => UInt16(0x5A);

    /// <summary>The first inode that a name may lead to, besides the root.</summary>
    public uint FirstInode => IsDynamic ? UInt32(0x54) : 11;

    public ExtCompatible Compatible => (ExtCompatible)(IsDynamic ? UInt32(0x5C) : 0);

    public ExtIncompatible Incompatible => (ExtIncompatible)(IsDynamic ? UInt32(0x60) : 0);

    public ExtReadOnlyCompatible ReadOnlyCompatible => (ExtReadOnlyCompatible)(IsDynamic ? UInt32(0x64) : 0);

    public ReadOnlySpan<byte> Identity => _bytes.AsSpan(0x68, 16);

    public uint JournalInode => UInt32(0xE0);

    public uint JournalDevice => UInt32(0xE4);

    public ReadOnlySpan<byte> HashSeed => _bytes.AsSpan(0xEC, 16);

    public byte HashVersion => _bytes[0xFC];

    /// <summary>Whether names are hashed as unsigned characters, for hash versions that do not say it themselves.</summary>
    public bool HashesUnsigned => (UInt32(0x160) & 2) != 0;

    /// <summary>The i_block, size high and size low of the journal inode, kept here as a copy (s_jnl_blocks); all zeros for none.</summary>
    public ReadOnlySpan<byte> JournalCopy => _bytes.AsSpan(0x10C, 17 * sizeof(uint));

    public uint FirstMetaGroup => UInt32(0x104);

    public int DescriptorSize => IsWide ? UInt16(0xFE) : 32;

    public bool IsWide => Incompatible.HasFlag(ExtIncompatible.Wide);

    public bool HasChecksums => ReadOnlyCompatible.HasFlag(ExtReadOnlyCompatible.MetadataChecksums);

    public bool NeedsRecovery => Incompatible.HasFlag(ExtIncompatible.Recover);

    public long Length => BlockCount * BlockSize;

    public long GroupCount => (BlockCount - FirstDataBlock + BlocksPerGroup - 1) / BlocksPerGroup;

    public uint ChecksumSeed { get; private set; }

    /// <summary>Whether the checksum matches, or there is none.</summary>
    public bool IsSound => !HasChecksums || Crc32C.Continue(uint.MaxValue, _bytes.AsSpan(0, ChecksumOffset)) == UInt32(ChecksumOffset);

    /// <summary>What blkid would call it.</summary>
    public string Kind =>
        (Incompatible & ~OfExt3Too) != 0 || (ReadOnlyCompatible & ~OfExt3) != 0 ? "ext4"
        : Compatible.HasFlag(ExtCompatible.HasJournal) ? "ext3"
        : "ext2";

    public string Label
    {
        get
        {
            var label = _bytes.AsSpan(0x78, 16);
            var end = label.IndexOf((byte)0);
            return GuestName.FromBytes(end < 0 ? label : label[..end]);
        }
    }

    public string Uuid => Identity.ContainsAnyExcept((byte)0) ? new Guid(Identity, bigEndian: true).ToString() : "";

    /// <summary>The groups that hold a backup_bgs copy (sparse_super2); 0 for none.</summary>
    public (uint First, uint Second) SparseCopies => (UInt32(0x24C), UInt32(0x250));

    /// <summary>The superblock in these bytes, or null and the reason why it cannot be one.</summary>
    public static ExtSuperblock? Parse(ReadOnlySpan<byte> bytes, out string reason)
    {
        var superblock = new ExtSuperblock(bytes[..Bytes]);
        reason = superblock.WhyImpossible();
        if (reason.Length > 0)
        {
            return null;
        }

        superblock.ChecksumSeed = superblock.Incompatible.HasFlag(ExtIncompatible.ChecksumSeed)
            ? superblock.UInt32(0x270)
            : Crc32C.Continue(uint.MaxValue, superblock.Identity);
        return superblock;
    }

    /// <summary>Whether a group holds a copy of the superblock and of the descriptors.</summary>
    public bool HasCopy(long group) =>
        group == 0
        || (Compatible.HasFlag(ExtCompatible.SparseSuper2) ? group == SparseCopies.First || group == SparseCopies.Second
            : group == 1 || !ReadOnlyCompatible.HasFlag(ExtReadOnlyCompatible.SparseSuper) || IsPower(group, 3) || IsPower(group, 5) || IsPower(group, 7));

    static bool IsPower(long number, int of)
    {
        while (number % of == 0)
        {
            number /= of;
        }

        return number == 1;
    }

    string WhyImpossible() =>
        UInt16(0x38) != Magic ? "has no signature"
        : UInt32(0x18) > 6 ? $"has the block size 2^{UInt32(0x18)} KiB"
        : BlocksPerGroup == 0 || (BlocksPerGroup > 8L * BlockSize && !ReadOnlyCompatible.HasFlag(ExtReadOnlyCompatible.BigAllocation))
            ? $"has {BlocksPerGroup} blocks in a group"
        : InodesPerGroup == 0 || InodesPerGroup > 8L * BlockSize ? $"has {InodesPerGroup} inodes in a group"
        : InodeSize < OldInodeSize || InodeSize > BlockSize || !int.IsPow2(InodeSize) ? $"has inodes of {InodeSize} bytes"
        : IsWide && (DescriptorSize < 64 || DescriptorSize > 1024 || !int.IsPow2(DescriptorSize)) ? $"has group descriptors of {DescriptorSize} bytes"
        : BlockCount <= FirstDataBlock || BlockCount > long.MaxValue / (64 * 1024) || FirstDataBlock > 1 ? $"has {BlockCount} blocks"
        : InodeCount < 11 ? $"has {InodeCount} inodes"
        : "";

    ushort UInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(offset));

    uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));
}
