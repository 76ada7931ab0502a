using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>An inode as it lies in its table. Source: the kernel's documentation of ext4 (Index Nodes). The bytes are shared and never change.</summary>
readonly struct ExtInode(byte[] bytes, int offset, int size, uint number)
{
    const int OldSize = 128;
    const int BlockOffset = 0x28;
    const int ChecksumLow = 0x7C;
    const int ChecksumHigh = 0x82;
    const int NanosecondBits = 2;

    /// <summary>Bytes of i_block: block map, extent root, inline data or the target of a short link.</summary>
    public const int BlockBytes = 60;

    const ushort TypeMask = 0xF000;

    public uint Number => number;

    public ReadOnlySpan<byte> Span => bytes.AsSpan(offset, size);

    public ReadOnlyMemory<byte> Bytes => bytes.AsMemory(offset, size);

    public ReadOnlyMemory<byte> Block => bytes.AsMemory(offset + BlockOffset, BlockBytes);

    public int Mode => UInt16(0x0);

    public GuestEntryKind Kind => (Mode & TypeMask) switch
    {
        0x1000 => GuestEntryKind.Pipe,
        0x2000 => GuestEntryKind.CharacterDevice,
        0x4000 => GuestEntryKind.Directory,
        0x6000 => GuestEntryKind.BlockDevice,
        0x8000 => GuestEntryKind.File,
        0xA000 => GuestEntryKind.SymbolicLink,
        0xC000 => GuestEntryKind.Socket,
        _ => GuestEntryKind.Unknown,
    };

    public uint Owner => UInt16(0x2) | ((uint)UInt16(0x78) << 16);

    public uint Group => UInt16(0x18) | ((uint)UInt16(0x7A) << 16);

    public int Links => UInt16(0x1A);

    public ExtInodeFlags Flags => (ExtInodeFlags)UInt32(0x20);

    public uint Generation => UInt32(0x64);

    /// <summary>The block that holds more attributes; 0 for none.</summary>
    public long AttributeBlock => UInt32(0x68) | ((long)UInt16(0x76) << 32);

    /// <summary>Bytes of fields beyond the first 128, as far as they lie inside the inode.</summary>
    public int ExtraSize => size <= OldSize ? 0 : UInt16(0x80);

    public GuestTime Accessed => Time(0x8, 0x8C);

    public GuestTime Changed => Time(0xC, 0x84);

    public GuestTime Modified => Time(0x10, 0x88);

    public GuestTime? Created => Fits(0x90) ? Time(0x90, 0x94) : null;

    /// <summary>The content's length. Only files, and directories where they can be large, have the upper half.</summary>
    public long Size(bool largeDirectories) =>
        Kind == GuestEntryKind.File || (largeDirectories && Kind == GuestEntryKind.Directory) ? (long)(UInt32(0x4) | ((ulong)UInt32(0x6C) << 32)) : UInt32(0x4);

    /// <summary>Major and minor number: the old form of 8 and 8 bits comes first, the new of 12 and 20 bits second.</summary>
    public (uint Major, uint Minor) DeviceNumber
    {
        get
        {
            var (old, now) = (UInt32(BlockOffset), UInt32(BlockOffset + 4));
            return old != 0 ? ((old >> 8) & 0xFF, old & 0xFF) : ((now >> 8) & 0xFFF, (now & 0xFF) | ((now >> 12) & 0xF_FF00));
        }
    }

    /// <summary>Where attributes inside the inode begin, or -1 where there is no room for any.</summary>
    public int AttributesOffset => size <= OldSize || OldSize + ExtraSize + sizeof(uint) > size || (ExtraSize & 3) != 0 ? -1 : OldSize + ExtraSize;

    /// <summary>What the checksums of everything that belongs to this inode begin with.</summary>
    public uint ChecksumSeed(uint fileSystemSeed) => Crc32C.Continue(Crc32C.Continue(fileSystemSeed, number), Generation);

    /// <summary>Whether the inode matches its checksum.</summary>
    public bool IsSound(uint fileSystemSeed)
    {
        var span = Span;
        var crc = Crc32C.Continue(ChecksumSeed(fileSystemSeed), span[..ChecksumLow]);
        crc = Crc32C.ContinueZeros(crc, 2);
        if (size == OldSize)
        {
            return (ushort)Crc32C.Continue(crc, span[(ChecksumLow + 2)..]) == UInt16(ChecksumLow);
        }

        crc = Crc32C.Continue(crc, span[(ChecksumLow + 2)..ChecksumHigh]);
        if (!Fits(ChecksumHigh, sizeof(ushort)))
        {
            return (ushort)Crc32C.Continue(crc, span[ChecksumHigh..]) == UInt16(ChecksumLow);
        }

        crc = Crc32C.Continue(Crc32C.ContinueZeros(crc, 2), span[(ChecksumHigh + 2)..]);
        return crc == (UInt16(ChecksumLow) | ((uint)UInt16(ChecksumHigh) << 16));
    }

    /// <summary>Signed seconds; the extra field's lower two bits extend them beyond 2038, the rest are nanoseconds.</summary>
    GuestTime Time(int seconds, int extra)
    {
        long whole = (int)UInt32(seconds);
        if (!Fits(extra))
        {
            return new GuestTime(whole, 0);
        }

        var more = UInt32(extra);
        return new GuestTime(whole + ((long)(more & 3) << 32), (int)Math.Min(more >> NanosecondBits, 999_999_999));
    }

    bool Fits(int field, int length = sizeof(uint)) => field + length <= size && field + length <= OldSize + ExtraSize;

    ushort UInt16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(offset + at));

    uint UInt32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(offset + at));
}
