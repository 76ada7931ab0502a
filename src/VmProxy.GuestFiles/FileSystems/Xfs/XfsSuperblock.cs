using System.Numerics;
using System.Text;

namespace VmProxy.GuestFiles;

/// <summary>
/// The superblock of XFS version 4 or 5, checked so far that the arithmetic of everything else cannot go wrong. Source of all format facts of this folder: "XFS Algorithms &amp; Data
/// Structures" (3rd edition) and the kernel's on-disk headers.
/// </summary>
sealed class XfsSuperblock
{
    /// <summary>Bytes of the largest sector; a superblock is one sector.</summary>
    public const int MaxSector = 32 * 1024;

    const uint Magic = 0x58465342;

    /// <summary>Where version 5 keeps its checksum.</summary>
    public const int ChecksumField = 224;

    const uint KnownIncompatible = 0x1FF;

    static readonly string[] IncompatibleNames =
        ["ftype", "sparse inodes", "meta_uuid", "bigtime", "needsrepair", "nrext64", "exchange-range", "parent pointers", "metadata directories", "zoned", "zone gaps"];

    XfsSuperblock(ReadOnlySpan<byte> sector)
    {
        BlockSize = (int)sector.U32(4);
        Blocks = sector.U64(8);
        Uuid = sector.Slice(32, 16).ToArray();
        LogStart = sector.U64(48);
        RootInode = sector.U64(56);
        GroupBlocks = sector.U32(84);
        Groups = sector.U32(88);
        LogBlocks = sector.U32(96);
        var version = sector.U16(100);
        IsVersion5 = (version & 0xF) == 5;
        SectorSize = sector.U16(102);
        InodeSize = sector.U16(104);
        Label = Encoding.UTF8.GetString(sector.Slice(108, 12)).TrimEnd('\0').Split('\0')[0];
        BlockLog = sector[120];
        InodesPerBlockLog = sector[123];
        GroupBlockLog = sector[124];
        InodeAlignment = sector.U32(180);
        DirectoryBlockSize = (int)((uint)BlockSize << Math.Min(sector[192], (byte)16));
        HasLogVersion2 = (version & 0x0400) != 0;
        IgnoresCase = (version & 0x4000) != 0;
        var features = (version & 0x8000) != 0 ? sector.U32(200) : 0;
        Incompatible = IsVersion5 ? sector.U32(216) : 0;
        HasFileTypes = IsVersion5 ? (Incompatible & 1) != 0 : (features & 0x200) != 0;
        MetadataUuid = IsVersion5 && (Incompatible & 4) != 0 ? sector.Slice(248, 16).ToArray() : Uuid;
    }

    public bool IsVersion5 { get; }

    public int BlockSize { get; }

    public int BlockLog { get; }

    public int SectorSize { get; }

    /// <summary>Blocks of the file system.</summary>
    public ulong Blocks { get; }

    public uint GroupBlocks { get; }

    public uint Groups { get; }

    public int GroupBlockLog { get; }

    public int InodeSize { get; }

    public int InodesPerBlockLog { get; }

    public uint InodeAlignment { get; }

    public ulong RootInode { get; }

    public int DirectoryBlockSize { get; }

    /// <summary>First block of the log; 0 when it lies on another device.</summary>
    public ulong LogStart { get; }

    public uint LogBlocks { get; }

    public bool HasLogVersion2 { get; }

    public bool HasFileTypes { get; }

    public bool IgnoresCase { get; }

    public uint Incompatible { get; }

    public bool NeedsRepair => (Incompatible & 0x10) != 0;

    public string Label { get; }

    public byte[] Uuid { get; }

    /// <summary>The identity in the headers of version 5, which stays when the file system's own is changed.</summary>
    public byte[] MetadataUuid { get; }

    /// <summary>Reads a superblock.</summary>
    /// <param name="bytes">At least its sector.</param>
    /// <param name="subject">Which one, as the subject of errors.</param>
    /// <exception cref="GuestFileException">It is damaged, or has features that are not read.</exception>
    public static XfsSuperblock Parse(ReadOnlySpan<byte> bytes, string subject)
    {
        if (bytes.Length < 512 || bytes.U32(0) != Magic)
        {
            throw GuestFileException.Damaged(subject, $"The {subject} has no signature of XFS.");
        }

        var version = bytes.U16(100) & 0xF;
        var sector = bytes.U16(102);
        if (version == 5 && (!IsSize(sector, 512, MaxSector) || sector > bytes.Length || !XfsChecksum.IsRight(bytes[..sector], ChecksumField)))
        {
            throw GuestFileException.Damaged(subject, $"The {subject} has a wrong checksum.");
        }

        if (version is not (4 or 5))
        {
            throw GuestFileException.Unsupported(subject, $"The {subject} is of version {version} of XFS; versions 4 and 5 are read.");
        }

        if (version == 4 && (bytes.U16(100) & 0x2000) == 0)
        {
            throw GuestFileException.Unsupported(subject, $"The {subject} tells directories of version 1, which are not read.");
        }

        var superblock = new XfsSuperblock(bytes);
        var unknown = superblock.Incompatible & ~KnownIncompatible;
        return unknown != 0 ? throw GuestFileException.Unsupported(subject, $"The {subject} has features that are not read: {Names(unknown)}.")
            : superblock.Defect() is { } defect ? throw GuestFileException.Damaged(subject, $"The {subject} cannot be right: {defect}.")
            : superblock;
    }

    /// <summary>Whether another one tells the same file system, which may have grown or changed its label.</summary>
    public bool IsGrownTo(XfsSuperblock other) =>
        (BlockSize, GroupBlocks, InodeSize, DirectoryBlockSize, RootInode, LogStart, LogBlocks)
            == (other.BlockSize, other.GroupBlocks, other.InodeSize, other.DirectoryBlockSize, other.RootInode, other.LogStart, other.LogBlocks)
        && other.Groups >= Groups && MetadataUuid.AsSpan().SequenceEqual(other.MetadataUuid);

    /// <summary>Whether an inode's number lies in the file system.</summary>
    public bool IsInode(ulong number)
    {
        var block = number >> InodesPerBlockLog;
        return number != 0 && IsBlocks(block, 1);
    }

    /// <summary>Whether blocks, numbered by group, lie in one group of the file system.</summary>
    public bool IsBlocks(ulong block, ulong count)
    {
        var group = block >> GroupBlockLog;
        var inside = block & ((1UL << GroupBlockLog) - 1);
        return group < Groups && inside < GroupBlocks && count <= GroupBlocks - inside && (group * GroupBlocks) + inside + count <= Blocks;
    }

    /// <summary>The byte on the volume where a block begins that <see cref="IsBlocks"/>.</summary>
    public long ByteOf(ulong block) =>
        (long)(((block >> GroupBlockLog) * GroupBlocks) + (block & ((1UL << GroupBlockLog) - 1))) << BlockLog;

    /// <summary>The byte on the volume where an inode begins that <see cref="IsInode"/>.</summary>
    public long ByteOfInode(ulong number) =>
        ByteOf(number >> InodesPerBlockLog) + ((long)(number & ((1UL << InodesPerBlockLog) - 1)) * InodeSize);

    static string Names(uint bits) => string.Join(", ",
        Enumerable.Range(0, 32).Where(bit => (bits & (1u << bit)) != 0).Select(bit => bit < IncompatibleNames.Length ? IncompatibleNames[bit] : $"incompatible bit {bit}"));

    static bool IsSize(int size, int least, int most) => size >= least && size <= most && BitOperations.IsPow2(size);

    string? Defect() =>
        !IsSize(BlockSize, 512, 65536) || 1 << Math.Min(BlockLog, 30) != BlockSize ? $"blocks of {BlockSize} bytes"
        : !IsSize(SectorSize, 512, MaxSector) ? $"sectors of {SectorSize} bytes"
        : !IsSize(InodeSize, 256, 2048) || InodeSize > BlockSize || BlockSize >> InodesPerBlockLog != InodeSize ? $"inodes of {InodeSize} bytes"
        : !IsSize(DirectoryBlockSize, 512, 65536) ? $"directory blocks of {DirectoryBlockSize} bytes"
        : GroupBlocks < 5 || GroupBlockLog != 32 - BitOperations.LeadingZeroCount(GroupBlocks - 1) ? $"allocation groups of {GroupBlocks} blocks"
        : Groups == 0 || Blocks > (ulong)Groups * GroupBlocks || Blocks <= (Groups - 1UL) * GroupBlocks || Blocks > (ulong)(long.MaxValue >> BlockLog)
            ? $"{Groups} allocation groups of {GroupBlocks} blocks for {Blocks} blocks"
        : LogStart != 0 && (LogBlocks == 0 || LogBlocks > int.MaxValue >> BlockLog || !IsBlocks(LogStart, LogBlocks)) ? $"a log of {LogBlocks} blocks at block {LogStart}"
        : null;
}
