namespace VmProxy.Blocks.Vmdk;

/// <summary>The descriptor inside a hosted sparse extent: text, then zeros up to the end of its room.</summary>
static class SparseDescriptor
{
    /// <summary>Whether the file is a hosted sparse extent, and no descriptor of its own.</summary>
    public static async ValueTask<bool> IsInsideAsync(IBlockDevice file, CancellationToken cancellationToken)
    {
        var magic = new byte[Math.Min(file.Length, SparseHeader.Magic.Length)];
        await file.ReadAsync(0, magic, cancellationToken).ConfigureAwait(false);
        return magic.AsSpan().SequenceEqual(SparseHeader.Magic);
    }

    /// <summary>Reads the descriptor as one link of a chain.</summary>
    public static async ValueTask<VmdkLink> ReadAsync(IBlockDevice file, string path, CancellationToken cancellationToken)
    {
        var header = await SparseHeaderReader.ReadFirstAsync(file, path, cancellationToken).ConfigureAwait(false);
        var text = await ReadTextAsync(file, header, path, cancellationToken).ConfigureAwait(false);
        var descriptor = VmdkDescriptor.Parse(text, path);
        if (header.CapacitySectors == 0)
        {
            return new VmdkLink(path, descriptor);
        }

        // The name in the line is the one that the file was made with; a download or a rename has changed it since.
        return descriptor.Extents is [{ Type: VmdkExtent.Sparse }]
            ? new VmdkLink(path, descriptor, IsEmbedded: true)
            : throw new BlockDeviceException(
                BlockErrorCodes.DescriptorUnsupported,
                path,
                $"Disk '{path}' holds its descriptor itself, but the descriptor names other extents than this one of type {VmdkExtent.Sparse}. "
                + "Convert it with the product that wrote it.");
    }

    static async ValueTask<byte[]> ReadTextAsync(IBlockDevice file, SparseHeader header, string path, CancellationToken cancellationToken)
    {
        if (header.DescriptorSector == 0 || header.DescriptorSectors == 0)
        {
            throw None(path);
        }

        var sectors = (ulong)file.Length / VmdkDescriptor.SectorSize;
        if (header.DescriptorSectors > VmdkDescriptor.MaxBytes / VmdkDescriptor.SectorSize
            || header.DescriptorSector > sectors
            || header.DescriptorSectors > sectors - header.DescriptorSector)
        {
            throw SparseError.Damaged(
                path,
                $"its descriptor ({header.DescriptorSectors} sectors at sector {header.DescriptorSector}) is longer than any, "
                + $"or lies outside the {file.Length} bytes of the file");
        }

        var bytes = new byte[header.DescriptorSectors * VmdkDescriptor.SectorSize];
        await file.ReadAsync((long)header.DescriptorSector * VmdkDescriptor.SectorSize, bytes, cancellationToken).ConfigureAwait(false);
        var end = bytes.AsSpan().IndexOf((byte)0);
        return end == 0 ? throw None(path) : end < 0 ? bytes : bytes[..end];
    }

    static BlockDeviceException None(string path) => new(
        BlockErrorCodes.DescriptorInvalid,
        path,
        $"'{path}' is one extent of a disk and holds no descriptor. Name the descriptor (disk.vmdk), not one of its extents.");
}
