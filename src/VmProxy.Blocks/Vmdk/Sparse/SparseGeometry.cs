namespace VmProxy.Blocks.Vmdk;

/// <summary>The header's numbers, checked: whatever is made from them fits the file and the memory.</summary>
sealed class SparseGeometry
{
    /// <summary>16 MiB of directory: 128 TiB of disk at grains of 64 KiB, twice what vSphere allows.</summary>
    const int MaxTables = 4 * 1024 * 1024;

    const ulong MinGrainSectors = 8;
    const ulong MaxGrainSectors = 2048;

    readonly List<(long First, long End)> _regions = [(0, 1)];

    SparseGeometry(SparseHeader header, long fileLength)
    {
        FileLength = fileLength;
        IsCompressed = header.IsCompressed;
        HasZeroGrains = header.HasZeroGrains;
        CapacityBytes = (long)header.CapacitySectors * VmdkDescriptor.SectorSize;
        GrainBytes = (int)header.GrainSectors * VmdkDescriptor.SectorSize;
    }

    public long FileLength { get; }

    public bool IsCompressed { get; }

    public bool HasZeroGrains { get; }

    /// <summary>Bytes of the disk; the last grain may reach beyond.</summary>
    public long CapacityBytes { get; }

    public int GrainBytes { get; }

    public int GrainSectors => GrainBytes / VmdkDescriptor.SectorSize;

    /// <summary>Bytes of the disk that one grain table covers.</summary>
    public long TableSpan => (long)SparseHeader.TableEntries * GrainBytes;

    public int Tables => (int)((CapacityBytes + TableSpan - 1) / TableSpan);

    /// <summary>First byte of the grain directory in the file; -1 when the header tells none that lies in the file.</summary>
    public long Directory { get; private set; } = -1;

    /// <summary>First byte of the second directory; -1 when there is none.</summary>
    public long Redundant { get; private set; } = -1;

    /// <summary>Checks a header.</summary>
    /// <param name="header">The header that counts.</param>
    /// <param name="fileLength">Bytes of the file.</param>
    /// <param name="length">Bytes of the disk as its descriptor says.</param>
    /// <param name="name">How errors call the extent.</param>
    /// <exception cref="BlockDeviceException">A number cannot be right.</exception>
    public static SparseGeometry Of(SparseHeader header, long fileLength, long length, string name)
    {
        if (header.GrainSectors is < MinGrainSectors or > MaxGrainSectors || !ulong.IsPow2(header.GrainSectors))
        {
            throw SparseError.Damaged(
                name, $"its grain size of {header.GrainSectors} sectors is not a power of two from {MinGrainSectors} to {MaxGrainSectors}");
        }

        // Some writers round the capacity up to whole grains; the descriptor tells the disk's size.
        var wanted = (ulong)length / VmdkDescriptor.SectorSize;
        if (header.CapacitySectors < wanted || header.CapacitySectors - wanted >= header.GrainSectors)
        {
            throw SparseError.Damaged(name, $"it has a capacity of {header.CapacitySectors} sectors, but its descriptor says {wanted}");
        }

        if (wanted > (ulong)MaxTables * SparseHeader.TableEntries * header.GrainSectors)
        {
            throw SparseError.Unsupported(name, $"{wanted} sectors in grains of {header.GrainSectors}: more than {MaxTables} grain tables");
        }

        var geometry = new SparseGeometry(header with { CapacitySectors = wanted }, fileLength);
        geometry.Reserve(header.DescriptorSector, header.DescriptorSectors);
        geometry.Directory = geometry.DirectoryAt(header.DirectorySector);
        geometry.Redundant = header.HasRedundantDirectory ? geometry.DirectoryAt(header.RedundantSector) : -1;
        return geometry.Directory >= 0 || geometry.Redundant >= 0
            ? geometry
            : throw SparseError.Damaged(
                name,
                $"its grain directory ({geometry.Tables} entries at sector {header.DirectorySector}) lies outside the {fileLength} bytes of the file");
    }

    /// <summary>Whether a stretch of sectors lies in the file, beside the header, the descriptor and the directories.</summary>
    public bool CanHold(long sector, long bytes)
    {
        var end = sector + ((bytes + VmdkDescriptor.SectorSize - 1) / VmdkDescriptor.SectorSize);
        foreach (var region in _regions)
        {
            if (sector < region.End && end > region.First)
            {
                return false;
            }
        }

        return (sector * VmdkDescriptor.SectorSize) + bytes <= FileLength;
    }

    long DirectoryAt(ulong sector)
    {
        var bytes = (long)Tables * sizeof(uint);
        if (sector == 0 || sector > (ulong)FileLength / VmdkDescriptor.SectorSize || bytes > FileLength - ((long)sector * VmdkDescriptor.SectorSize))
        {
            return -1;
        }

        Reserve(sector, (ulong)(bytes + VmdkDescriptor.SectorSize - 1) / VmdkDescriptor.SectorSize);
        return (long)sector * VmdkDescriptor.SectorSize;
    }

    void Reserve(ulong sector, ulong count)
    {
        if (sector < uint.MaxValue && count <= uint.MaxValue)
        {
            _regions.Add(((long)sector, (long)(sector + count)));
        }
    }
}
