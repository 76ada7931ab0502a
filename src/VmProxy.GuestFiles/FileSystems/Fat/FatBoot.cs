using System.Buffers.Binary;
using System.Globalization;

namespace VmProxy.GuestFiles;

/// <summary>The boot sector of a FAT volume (Microsoft's FAT specification 1.03), whose numbers have been checked against each other.</summary>
sealed class FatBoot
{
    static readonly int[] SectorSizes = [512, 1024, 2048, 4096];

    /// <summary>The most clusters of FAT12, as Linux counts them.</summary>
    const uint MostOfFat12 = 4084;

    FatBoot(ReadOnlySpan<byte> boot)
    {
        SectorSize = U16(boot, 11);
        ClusterSize = boot[13] * SectorSize;
        Reserved = U16(boot, 14);
        Tables = boot[16];
        RootEntries = U16(boot, 17);
        Media = boot[21];
        var isFat32 = U16(boot, 22) == 0;
        TableSectors = isFat32 ? U32(boot, 36) : U16(boot, 22);
        Sectors = U16(boot, 19) is not 0 and var few ? few : U32(boot, 32);
        var before = (ulong)Reserved + ((ulong)Tables * TableSectors) + (ulong)RootSectors;
        var clusters = Sectors > before ? (Sectors - before) / boot[13] : 0;
        Width = isFat32 ? 28 : clusters > MostOfFat12 ? 16 : 12;

        // A table that is too short for all clusters counts, as Linux has it.
        var entries = ((ulong)TableSectors * (ulong)SectorSize * 8 / (isFat32 ? 32UL : (ulong)Width)) - 2;
        ClusterCount = (uint)Math.Min(clusters, Math.Min(entries, 0x0FFFFFF5));
        RootCluster = isFat32 ? U32(boot, 44) : 0;
        ActiveTable = isFat32 && (boot[40] & 0x80) != 0 ? boot[40] & 0x0F : null;
        var extended = isFat32 ? 66 : 38;
        if (boot[extended] is 0x29 or 0x28)
        {
            var serial = U32(boot, extended + 1);
            Uuid = string.Create(CultureInfo.InvariantCulture, $"{serial >> 16:X4}-{serial & 0xFFFF:X4}");
            Label = boot[extended] == 0x29 ? FatShortName.Label(boot.Slice(extended + 5, 11)) : "";
        }
    }

    /// <summary>Bytes of a sector.</summary>
    public int SectorSize { get; }

    /// <summary>Bytes of a cluster.</summary>
    public int ClusterSize { get; }

    /// <summary>Sectors before the first table.</summary>
    public int Reserved { get; }

    /// <summary>How many tables there are.</summary>
    public int Tables { get; }

    /// <summary>Sectors of a table.</summary>
    public uint TableSectors { get; }

    /// <summary>Entries of the root directory of FAT12 and FAT16; 0 for FAT32.</summary>
    public int RootEntries { get; }

    /// <summary>The media byte, which the first entry of each table repeats.</summary>
    public byte Media { get; }

    /// <summary>All sectors of the volume.</summary>
    public uint Sectors { get; }

    /// <summary>Bits of a table's entry: 12, 16 or 28.</summary>
    public int Width { get; }

    /// <summary>How many clusters there are.</summary>
    public uint ClusterCount { get; }

    /// <summary>The first cluster of FAT32's root directory.</summary>
    public uint RootCluster { get; }

    /// <summary>The only table in use, or null where all are written.</summary>
    public int? ActiveTable { get; }

    /// <summary>The serial number as blkid writes it; empty for none.</summary>
    public string Uuid { get; } = "";

    /// <summary>The label in the boot sector; empty for none.</summary>
    public string Label { get; } = "";

    /// <summary>First byte of a table.</summary>
    public long Table(int number) => (Reserved + (number * (long)TableSectors)) * SectorSize;

    /// <summary>First byte of the root directory of FAT12 and FAT16.</summary>
    public long Root => Table(Tables);

    /// <summary>First byte of the first cluster.</summary>
    public long Heap => Root + (RootSectors * (long)SectorSize);

    int RootSectors => ((RootEntries * 32) + SectorSize - 1) / SectorSize;

    /// <summary>Reads the boot sector, or where that is damaged the copy that FAT32 has.</summary>
    /// <exception cref="GuestFileException">Neither can be right.</exception>
    public static async ValueTask<FatBoot> ReadAsync(GuestReader reader, string name, List<GuestProblem> findings, CancellationToken cancellationToken)
    {
        var first = await reader.ReadAsync(0, 512, "boot sector", cancellationToken).ConfigureAwait(false);
        if (HeaderSignatures.IsFat(first))
        {
            return new FatBoot(first);
        }

        foreach (var sectorSize in SectorSizes.Where(size => reader.Device.Length >= 7 * size))
        {
            var copy = await reader.ReadAsync(6 * sectorSize, 512, "copy of the boot sector", cancellationToken).ConfigureAwait(false);
            if (HeaderSignatures.IsFat(copy) && U16(copy, 11) == sectorSize && U16(copy, 22) == 0)
            {
                findings.Add(new GuestProblem(GuestFileErrorCodes.CopyUsed, name, $"The boot sector of {name} is damaged: its copy in sector 6 was used.") { IsWarning = true });
                return new FatBoot(copy);
            }
        }

        throw GuestFileException.Damaged(name, $"The boot sector of {name} is damaged, and there is no copy.");
    }

    static ushort U16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
}
