using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace VmProxy.GuestFiles;

/// <summary>The boot sector of an exFAT volume (Microsoft's exFAT specification, section 3), whose numbers have been checked.</summary>
sealed class ExFatBoot
{
    /// <summary>Sectors of the boot region that its check covers; the check itself fills the next, and the copy of all of them begins behind that.</summary>
    const int CheckedSectors = 11;
    const int CopySector = 12;

    ExFatBoot(ReadOnlySpan<byte> boot)
    {
        SectorSize = 1 << boot[108];
        ClusterSize = SectorSize << boot[109];
        Length = BinaryPrimitives.ReadInt64LittleEndian(boot[72..]) * SectorSize;
        ClusterCount = U32(boot, 92);
        Heap = U32(boot, 88) * (long)SectorSize;
        RootCluster = U32(boot, 96);
        var isSecond = boot[110] == 2 && (boot[106] & 1) != 0;
        Table = (U32(boot, 80) + (isSecond ? (long)U32(boot, 84) : 0)) * SectorSize;
        var serial = U32(boot, 100);
        Uuid = string.Create(CultureInfo.InvariantCulture, $"{serial >> 16:X4}-{serial & 0xFFFF:X4}");
    }

    /// <summary>Bytes of a sector.</summary>
    public int SectorSize { get; }

    /// <summary>Bytes of a cluster, up to 32 MiB.</summary>
    public int ClusterSize { get; }

    /// <summary>Bytes of the volume.</summary>
    public long Length { get; }

    /// <summary>How many clusters there are.</summary>
    public uint ClusterCount { get; }

    /// <summary>First byte of the first cluster.</summary>
    public long Heap { get; }

    /// <summary>First byte of the file allocation table in use: TexFAT has two, and a flag that says which.</summary>
    public long Table { get; }

    /// <summary>The first cluster of the root directory.</summary>
    public uint RootCluster { get; }

    /// <summary>The serial number as blkid writes it.</summary>
    public string Uuid { get; }

    /// <summary>Reads the boot region, or where that is damaged its copy.</summary>
    /// <exception cref="GuestFileException">Neither can be right.</exception>
    public static async ValueTask<ExFatBoot> ReadAsync(GuestReader reader, string name, List<GuestProblem> findings, CancellationToken cancellationToken)
    {
        ExFatBoot? doubtful = null;
        foreach (var sectorSize in new[] { 512, 1024, 2048, 4096 })
        {
            foreach (var first in new[] { 0, CopySector })
            {
                var start = (long)first * sectorSize;
                if (reader.Device.Length < start + ((CheckedSectors + 1) * sectorSize))
                {
                    continue;
                }

                var region = await reader.ReadAsync(start, (CheckedSectors + 1) * sectorSize, "boot region", cancellationToken).ConfigureAwait(false);
                if (!IsBoot(region) || 1 << region[108] != sectorSize)
                {
                    continue;
                }

                if (!IsSound(region, sectorSize))
                {
                    doubtful ??= new ExFatBoot(region);
                    continue;
                }

                if (first != 0)
                {
                    findings.Add(new GuestProblem(GuestFileErrorCodes.CopyUsed, name, $"The boot region of {name} is damaged: its copy was used.") { IsWarning = true });
                }

                return new ExFatBoot(region);
            }
        }

        if (doubtful is null)
        {
            throw GuestFileException.Damaged(name, $"The boot sector of {name} is damaged, and so is its copy.");
        }

        findings.Add(GuestFileException.Damaged(name, $"Neither the boot region of {name} nor its copy matches its check: it is taken as it is.").ToProblem() with { IsWarning = true });
        return doubtful;
    }

    static bool IsBoot(ReadOnlySpan<byte> boot) =>
        boot.Slice(3, 8).SequenceEqual("EXFAT   "u8)
        && boot[108] is >= 9 and <= 12
        && boot[109] <= 25 - boot[108]
        && boot[110] is 1 or 2
        && BinaryPrimitives.ReadInt64LittleEndian(boot[72..]) is > 0 and < long.MaxValue >> 12
        && U32(boot, 80) >= 24
        && U32(boot, 84) != 0
        && U32(boot, 92) is > 0 and <= 0xFFFFFFF5;

    static bool IsSound(ReadOnlySpan<byte> region, int sectorSize)
    {
        uint check = 0;
        for (var i = 0; i < CheckedSectors * sectorSize; i++)
        {
            // The volume's flags and its fill level change without a new check.
            check = i is 106 or 107 or 112 ? check : BitOperations.RotateRight(check, 1) + region[i];
        }

        return U32(region, CheckedSectors * sectorSize) == check;
    }

    static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
}
