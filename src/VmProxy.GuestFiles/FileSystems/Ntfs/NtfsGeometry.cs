using System.Buffers.Binary;
using System.Numerics;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>What the boot sector says: sizes, and where the MFT and its mirror begin. Offsets are those of the BIOS parameter block of NTFS.</summary>
/// <param name="ClusterSize">Bytes of a cluster, 512 to 2 MiB.</param>
/// <param name="Length">Bytes of the volume, without the copy of the boot sector behind it.</param>
/// <param name="RecordSize">Bytes of an MFT record.</param>
/// <param name="MftCluster">First cluster of the MFT.</param>
/// <param name="MirrorCluster">First cluster of the copy of the MFT's first records.</param>
/// <param name="Serial">The volume's serial number.</param>
sealed record NtfsGeometry(int ClusterSize, long Length, int RecordSize, long MftCluster, long MirrorCluster, ulong Serial)
{
    /// <summary>Bytes of the sector that is looked at.</summary>
    public const int SectorBytes = 512;

    const int MaxClusterSize = 2 * 1024 * 1024;
    const int MaxRecordSize = 16 * 1024;

    /// <summary>Reads the boot sector; where it is damaged its copy behind the volume's end, which is a finding.</summary>
    /// <exception cref="GuestFileException">Neither can be right.</exception>
    public static async ValueTask<NtfsGeometry> ReadAsync(IBlockDevice volume, string name, List<GuestProblem> findings, CancellationToken cancellationToken)
    {
        var sector = new byte[SectorBytes];
        // The copy lies in the last sector, whose size a damaged boot sector cannot tell; old systems kept it in the middle.
        long[] places = [0, volume.Length - 512, volume.Length - 4096, volume.Length - 1024, volume.Length - 2048, volume.Length / 2 / SectorBytes * SectorBytes];
        foreach (var place in places.Where(place => place >= 0 && place <= volume.Length - SectorBytes))
        {
            await volume.ReadAsync(place, sector, cancellationToken).ConfigureAwait(false);
            if (Parse(sector, volume.Length) is { } geometry)
            {
                if (place != 0)
                {
                    findings.Add(new GuestProblem(
                        GuestFileErrorCodes.CopyUsed, name, $"The boot sector of {name} is damaged; its copy at byte {place} was used.") { IsWarning = true });
                }

                return geometry;
            }
        }

        throw GuestFileException.Damaged(name, $"The boot sector of {name} is damaged or not that of NTFS, and no copy of it is sound.");
    }

    static NtfsGeometry? Parse(ReadOnlySpan<byte> sector, long deviceLength)
    {
        var sectorSize = (int)BinaryPrimitives.ReadUInt16LittleEndian(sector[0x0B..]);
        if (!sector[3..].StartsWith("NTFS    "u8) || sectorSize is < 256 or > 4096 || !BitOperations.IsPow2(sectorSize))
        {
            return null;
        }

        var clusterSize = Bytes(sector[0x0D] <= 0x80 ? sector[0x0D] : (sbyte)sector[0x0D], sectorSize, MaxClusterSize);
        var recordSize = clusterSize is null ? null : Bytes((sbyte)sector[0x40], clusterSize.Value, MaxRecordSize, isInBytes: true);
        var sectors = BinaryPrimitives.ReadInt64LittleEndian(sector[0x28..]);
        var mft = BinaryPrimitives.ReadInt64LittleEndian(sector[0x30..]);
        var mirror = BinaryPrimitives.ReadInt64LittleEndian(sector[0x38..]);
        if (clusterSize is not >= 256 || recordSize is not >= 512 || sectors <= 0 || sectors > (long.MaxValue >> 16) / sectorSize)
        {
            return null;
        }

        var last = deviceLength / clusterSize.Value;
        return mft <= 0 || mft > last || mirror < 0 || mirror > long.MaxValue / MaxClusterSize ? null
            : new NtfsGeometry(
                clusterSize.Value, sectors * sectorSize, recordSize.Value, mft, mirror, BinaryPrimitives.ReadUInt64LittleEndian(sector[0x48..]));
    }

    /// <summary>A size given as a number of units, or negative as a power of two (of units for clusters, of bytes for records); null when it cannot be right.</summary>
    static int? Bytes(int number, int unit, int most, bool isInBytes = false)
    {
        var bytes = number >= 0 ? (long)number * unit : -number < 31 ? (1L << -number) * (isInBytes ? 1 : unit) : 0;
        return bytes > 0 && bytes <= most && BitOperations.IsPow2(bytes) ? (int)bytes : null;
    }
}
