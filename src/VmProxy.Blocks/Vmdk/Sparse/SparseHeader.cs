using System.Buffers.Binary;

namespace VmProxy.Blocks.Vmdk;

/// <summary>
/// The 512 bytes that a hosted sparse extent starts with, and that its footer repeats: VMware's "Virtual Disk Format 1.1". Little-endian and
/// unaligned; places and sizes are sectors of 512 bytes.
/// </summary>
/// <param name="Flags">Bits of <see cref="SparseFlags"/>.</param>
/// <param name="CapacitySectors">Size of the disk; some writers round it up to whole grains. 0 when the file holds a descriptor alone.</param>
/// <param name="GrainSectors">Unit of allocation; 128 as a rule.</param>
/// <param name="DescriptorSector">Where the embedded descriptor starts; 0 when there is none.</param>
/// <param name="DescriptorSectors">Room for the embedded descriptor.</param>
/// <param name="RedundantSector">Where the second grain directory starts, if the flags say that there is one.</param>
/// <param name="DirectorySector">Where the grain directory starts, or <see cref="DirectoryAtEnd"/>.</param>
readonly record struct SparseHeader(
    SparseFlags Flags,
    ulong CapacitySectors,
    ulong GrainSectors,
    ulong DescriptorSector,
    ulong DescriptorSectors,
    ulong RedundantSector,
    ulong DirectorySector)
{
    public const int Bytes = VmdkDescriptor.SectorSize;

    /// <summary>The directory's place was not known when the header was written: the footer tells it.</summary>
    public const ulong DirectoryAtEnd = ulong.MaxValue;

    /// <summary>Entries of a grain table: the only number that the format allows.</summary>
    public const int TableEntries = 512;

    const uint NewestVersion = 3;
    const ushort Deflate = 1;

    public static ReadOnlySpan<byte> Magic => "KDMV"u8;

    public bool IsCompressed => Flags.HasFlag(SparseFlags.Compressed);

    public bool HasZeroGrains => Flags.HasFlag(SparseFlags.ZeroGrains);

    public bool HasRedundantDirectory => Flags.HasFlag(SparseFlags.RedundantDirectory) && RedundantSector != DirectorySector;

    /// <summary>What a line end is written as, with the bytes around it that text transfers change: LF, space, CR LF.</summary>
    static ReadOnlySpan<byte> LineEnds => [0x0A, 0x20, 0x0D, 0x0A];

    /// <summary>Reads a header. Where things lie is checked by whoever goes there.</summary>
    /// <exception cref="BlockDeviceException">It is no header, a text transfer changed it, or it asks for what is not known.</exception>
    public static SparseHeader Parse(ReadOnlySpan<byte> bytes, string name)
    {
        if (!bytes.StartsWith(Magic))
        {
            throw SparseError.Damaged(name, "it does not start with 'KDMV'");
        }

        var flags = (SparseFlags)BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x08..]);
        var lineEnds = bytes.Slice(0x49, 4);
        if (flags.HasFlag(SparseFlags.LineEndTest) && !lineEnds.SequenceEqual(LineEnds))
        {
            throw SparseError.TextTransfer(name, lineEnds);
        }

        ThrowIfUnknown(bytes, flags, name);
        var entries = BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x2C..]);
        return entries == TableEntries
            ? new SparseHeader(
                flags, Field(bytes, 0x0C), Field(bytes, 0x14), Field(bytes, 0x1C), Field(bytes, 0x24), Field(bytes, 0x30), Field(bytes, 0x38))
            : throw SparseError.Damaged(name, $"its grain tables have {entries} entries, not {TableEntries}");
    }

    static void ThrowIfUnknown(ReadOnlySpan<byte> bytes, SparseFlags flags, string name)
    {
        var version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x04..]);
        if (version is 0 or > NewestVersion)
        {
            throw SparseError.Unsupported(name, $"format version {version}; 1 to {NewestVersion} are known");
        }

        var unknown = flags & ~SparseFlags.Known;
        if (unknown != 0)
        {
            throw SparseError.Unsupported(name, $"unknown features (flags {(uint)unknown:x8})");
        }

        var compression = BinaryPrimitives.ReadUInt16LittleEndian(bytes[0x4D..]);
        if (compression > Deflate)
        {
            throw SparseError.Unsupported(name, $"compression method {compression}; only deflate ({Deflate}) is known");
        }

        if (flags.HasFlag(SparseFlags.Compressed) != (compression == Deflate))
        {
            throw SparseError.Damaged(name, $"its flags {(uint)flags:x8} and its compression method {compression} contradict each other");
        }

        if (flags.HasFlag(SparseFlags.Compressed) && !flags.HasFlag(SparseFlags.Markers))
        {
            throw SparseError.Unsupported(name, "compressed grains without markers, whose length is nowhere said");
        }
    }

    static ulong Field(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);
}
