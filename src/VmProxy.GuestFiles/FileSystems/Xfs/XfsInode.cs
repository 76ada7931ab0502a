namespace VmProxy.GuestFiles;

/// <summary>An inode on the disk whose checksum, number and form have been checked.</summary>
readonly struct XfsInode
{
    public const ushort Magic = 0x494E;

    /// <summary>Where version 3 keeps its checksum.</summary>
    public const int ChecksumField = 100;

    const long BigTimeEpoch = 1L << 31;
    const ulong BigTime = 1 << 3;
    const ulong LargeCounters = 1 << 4;

    readonly ReadOnlyMemory<byte> _bytes;

    XfsInode(ulong number, ReadOnlyMemory<byte> bytes)
    {
        Number = number;
        _bytes = bytes;
    }

    public ulong Number { get; }

    public int Mode => Span.U16(2);

    public byte Version => Span[4];

    public XfsForkFormat Format => (XfsForkFormat)Span[5];

    public uint Owner => Span.U32(8);

    public uint Group => Span.U32(12);

    /// <summary>Names that it has; version 1 had 16 bits for it in another place.</summary>
    public uint Links => Version == 1 ? Span.U16(6) : Span.U32(16);

    public long Size => (long)Span.U64(56);

    public bool IsRealtime => (Span.U16(90) & 1) != 0;

    public GuestTime Accessed => Time(32);

    public GuestTime Modified => Time(40);

    public GuestTime Changed => Time(48);

    public GuestTime? Created => Version >= 3 ? Time(144) : null;

    public string Subject => $"inode {Number}";

    public GuestEntryKind Kind => (Mode & 0xF000) switch
    {
        0x8000 => GuestEntryKind.File,
        0x4000 => GuestEntryKind.Directory,
        0xA000 => GuestEntryKind.SymbolicLink,
        0x2000 => GuestEntryKind.CharacterDevice,
        0x6000 => GuestEntryKind.BlockDevice,
        0x1000 => GuestEntryKind.Pipe,
        0xC000 => GuestEntryKind.Socket,
        _ => GuestEntryKind.Unknown,
    };

    /// <summary>The device's numbers, in the way of System V: 14 bits for the major one and 18 for the minor one.</summary>
    public (uint Major, uint Minor) DeviceNumber
    {
        get
        {
            var number = Span.U32(CoreSize(Version));
            return ((number >> 18) & 0x3FFF, number & 0x3FFFF);
        }
    }

    public XfsFork Data
    {
        get
        {
            var start = CoreSize(Version);
            var length = ForkOffset == 0 ? _bytes.Length - start : ForkOffset;
            return new XfsFork(Number, Subject, Format, _bytes.Slice(start, length), HasLargeCounters ? Span.U64(24) : Span.U32(76));
        }
    }

    /// <summary>The attributes, or null for none.</summary>
    public XfsFork? Attributes => ForkOffset == 0 ? null
        : new XfsFork(Number, $"attributes of {Subject}", (XfsForkFormat)Span[83], _bytes[(CoreSize(Version) + ForkOffset)..],
            HasLargeCounters ? Span.U32(76) : Span.U16(80));

    ReadOnlySpan<byte> Span => _bytes.Span;

    /// <summary>Where attributes begin in the room behind the core.</summary>
    int ForkOffset => Span[82] * 8;

    ulong Flags2 => Version >= 3 ? Span.U64(120) : 0;

    bool HasLargeCounters => (Flags2 & LargeCounters) != 0;

    /// <summary>Bytes before the forks.</summary>
    public static int CoreSize(byte version) => version >= 3 ? 176 : 100;

    /// <summary>Reads an inode.</summary>
    /// <param name="number">The number that it should have.</param>
    /// <param name="bytes">Exactly its bytes.</param>
    /// <param name="superblock">The file system.</param>
    /// <param name="inode">The inode, when nothing is wrong.</param>
    /// <returns>What is wrong, as the end of a sentence, or null.</returns>
    public static string? TryParse(ulong number, ReadOnlyMemory<byte> bytes, XfsSuperblock superblock, out XfsInode inode)
    {
        inode = new XfsInode(number, bytes);
        var span = bytes.Span;
        return span.U16(0) != Magic ? "has no signature of an inode"
            : superblock.IsVersion5 ? inode.Version3Defect(superblock) ?? inode.Defect()
            : inode.Version is not (1 or 2) ? $"is of version {inode.Version}"
            : inode.Defect();
    }

    string? Version3Defect(XfsSuperblock superblock) =>
        !XfsChecksum.IsRight(Span, ChecksumField) ? "has a wrong checksum"
        : Version != 3 ? $"is of version {Version}"
        : Span.U64(152) != Number ? $"says that it is inode {Span.U64(152)}"
        : !Span.Slice(160, 16).SequenceEqual(superblock.MetadataUuid) ? "belongs to another file system"
        : null;

    string? Defect() =>
        Mode == 0 ? "is free"
        : Kind == GuestEntryKind.Unknown ? $"has the mode {Mode:x4}, which is no kind of file"
        : Size < 0 ? $"says that it has {(ulong)Size} bytes"
        : CoreSize(Version) + ForkOffset > _bytes.Length ? $"says that its attributes begin at byte {ForkOffset}, behind its end"
        : null;

    GuestTime Time(int at)
    {
        if ((Flags2 & BigTime) == 0)
        {
            return new GuestTime((int)Span.U32(at), (int)Math.Min(Span.U32(at + 4), 999_999_999));
        }

        var (seconds, rest) = Math.DivRem(Span.U64(at), 1_000_000_000UL);
        return new GuestTime((long)seconds - BigTimeEpoch, (int)rest);
    }
}
