using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>The extents of a physical volume.</summary>
/// <param name="Volume">The physical volume.</param>
/// <param name="Start">Sector of the first extent.</param>
/// <param name="Count">How many extents there are.</param>
/// <param name="ExtentSize">Bytes of an extent.</param>
sealed record LvmArea(LvmPhysicalVolume Volume, long Start, long Count, long ExtentSize)
{
    /// <summary>Bytes of a sector, whatever the disk's sectors are.</summary>
    public const int SectorSize = 512;

    /// <summary>A stretch of extents.</summary>
    /// <exception cref="GuestFileException">There are no such extents.</exception>
    public IBlockDevice Slice(string subject, long first, long extents)
    {
        var length = Volume.Device.Length;
        if (Start < 0 || Start > length / SectorSize || first < 0 || extents <= 0 || first > Count - extents
            || first + extents > (length - (Start * SectorSize)) / ExtentSize)
        {
            throw GuestFileException.Damaged(
                subject, $"The logical volume {subject} would have {extents} extents from {first} of {Volume.Name}, which has {Count} in {length} bytes.");
        }

        return new SliceBlockDevice(Volume.Device, (Start * SectorSize) + (first * ExtentSize), extents * ExtentSize, ownsInner: false);
    }
}
