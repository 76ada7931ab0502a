using System.Buffers.Binary;

namespace VmProxy.Blocks.Vmdk;

/// <summary>The first 2048 bytes of a COWD redo log, as far as they matter for its data. All fields are 32-bit little-endian.</summary>
/// <param name="CapacitySectors">Size of the disk.</param>
/// <param name="GrainSectors">Unit of allocation; 1 on ESXi.</param>
/// <param name="DirectorySector">Where the grain directory starts.</param>
/// <param name="DirectoryEntries">Its entries, one for each grain table.</param>
/// <param name="NextFreeSector">Where the next grain or table goes; what a running host leaves here may lag behind.</param>
readonly record struct CowdHeader(
    uint CapacitySectors, uint GrainSectors, uint DirectorySector, uint DirectoryEntries, uint NextFreeSector)
{
    public const int Bytes = 2048;
    public const int NextFreeOffset = 0x1C;
    public const int HeaderSectors = Bytes / VmdkDescriptor.SectorSize;

    /// <summary>Entries of a grain table, fixed by the format.</summary>
    public const int TableEntries = 4096;

    public const int TableBytes = TableEntries * sizeof(uint);

    const uint FormatVersion = 1;
    const uint UsualFlags = 3;
    const uint MaxGrainSectors = 2048;

    static ReadOnlySpan<byte> Magic => "COWD"u8;

    public long CapacityBytes => (long)CapacitySectors * VmdkDescriptor.SectorSize;

    public int GrainBytes => (int)GrainSectors * VmdkDescriptor.SectorSize;

    /// <summary>Bytes of the disk that one grain table covers.</summary>
    public long TableSpan => (long)TableEntries * GrainBytes;

    /// <summary>The first sector that can hold a table or a grain.</summary>
    public uint FirstDataSector => DirectorySector + DirectorySectors(DirectoryEntries);

    public static CowdHeader Create(long capacityBytes)
    {
        var sectors = capacityBytes / VmdkDescriptor.SectorSize;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sectors, nameof(capacityBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sectors, uint.MaxValue, nameof(capacityBytes));
        ArgumentOutOfRangeException.ThrowIfNotEqual(sectors * VmdkDescriptor.SectorSize, capacityBytes);
        var entries = (uint)((sectors + TableEntries - 1) / TableEntries);
        return new CowdHeader((uint)sectors, 1, HeaderSectors, entries, HeaderSectors + DirectorySectors(entries));
    }

    /// <summary>Reads and checks a header; the file is <paramref name="fileLength"/> bytes long.</summary>
    public static CowdHeader Parse(ReadOnlySpan<byte> bytes, long fileLength, string name)
    {
        if (!bytes.StartsWith(Magic))
        {
            throw Invalid(name, "it does not start with 'COWD'");
        }

        var version = Field(bytes, 0x04);
        if (version != FormatVersion)
        {
            throw new BlockDeviceException(
                BlockErrorCodes.DescriptorUnsupported, name, $"Redo log '{name}' has format version {version}; only {FormatVersion} is known.");
        }

        var header = new CowdHeader(Field(bytes, 0x0C), Field(bytes, 0x10), Field(bytes, 0x14), Field(bytes, 0x18), Field(bytes, NextFreeOffset));
        if (header.CapacitySectors == 0)
        {
            throw Invalid(name, "its capacity is 0");
        }

        if (header.GrainSectors is 0 or > MaxGrainSectors || !uint.IsPow2(header.GrainSectors))
        {
            throw Invalid(name, $"its grain size of {header.GrainSectors} sectors is not a power of two up to {MaxGrainSectors}");
        }

        var needed = (header.CapacityBytes + header.TableSpan - 1) / header.TableSpan;
        var directoryEnd = ((long)header.DirectorySector * VmdkDescriptor.SectorSize) + ((long)header.DirectoryEntries * sizeof(uint));
        return header.DirectorySector >= HeaderSectors && header.DirectoryEntries >= needed && directoryEnd <= fileLength
            ? header with { DirectoryEntries = (uint)needed }
            : throw Invalid(
                name,
                $"its grain directory ({header.DirectoryEntries} entries at sector {header.DirectorySector}) does not fit the capacity of "
                + $"{header.CapacitySectors} sectors or the file of {fileLength} bytes");
    }

    public void Write(Span<byte> bytes)
    {
        bytes[..Bytes].Clear();
        Magic.CopyTo(bytes);
        Put(bytes, 0x04, FormatVersion);
        Put(bytes, 0x08, UsualFlags);
        Put(bytes, 0x0C, CapacitySectors);
        Put(bytes, 0x10, GrainSectors);
        Put(bytes, 0x14, DirectorySector);
        Put(bytes, 0x18, DirectoryEntries);
        Put(bytes, NextFreeOffset, NextFreeSector);
    }

    public static BlockDeviceException Invalid(string name, string reason) => new(
        BlockErrorCodes.ExtentInvalid, name, $"Redo log '{name}' is damaged or cut off: {reason}. The disk cannot be read through it.");

    static uint DirectorySectors(uint entries) =>
        (uint)((((long)entries * sizeof(uint)) + VmdkDescriptor.SectorSize - 1) / VmdkDescriptor.SectorSize);

    static uint Field(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    static void Put(Span<byte> bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[offset..], value);
}
