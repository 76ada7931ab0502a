namespace VmProxy.Blocks.Vmdk;

/// <summary>Finds the header that counts: the first sector, or the footer where the directory was written last.</summary>
static class SparseHeaderReader
{
    /// <summary>Marker, header and the marker of the end, a sector each.</summary>
    const int FooterBytes = 3 * VmdkDescriptor.SectorSize;

    /// <summary>The first sector. It tells where the descriptor is, but not always where the directory is.</summary>
    public static async ValueTask<SparseHeader> ReadFirstAsync(IBlockDevice file, string name, CancellationToken cancellationToken)
    {
        if (file.Length < SparseHeader.Bytes)
        {
            throw SparseError.Damaged(name, $"it has {file.Length} bytes, less than its header of {SparseHeader.Bytes}");
        }

        var bytes = new byte[SparseHeader.Bytes];
        await file.ReadAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        return SparseHeader.Parse(bytes, name);
    }

    /// <summary>The header that tells where the directory is.</summary>
    public static async ValueTask<SparseHeader> ReadAsync(IBlockDevice file, string name, CancellationToken cancellationToken)
    {
        var first = await ReadFirstAsync(file, name, cancellationToken).ConfigureAwait(false);
        return first.DirectorySector == SparseHeader.DirectoryAtEnd
            ? await ReadFooterAsync(file, first, name, cancellationToken).ConfigureAwait(false)
            : first;
    }

    static async ValueTask<SparseHeader> ReadFooterAsync(
        IBlockDevice file, SparseHeader first, string name, CancellationToken cancellationToken)
    {
        if (file.Length < SparseHeader.Bytes + FooterBytes)
        {
            throw NoFooter(file, name);
        }

        var bytes = new byte[FooterBytes];
        await file.ReadAsync(file.Length - FooterBytes, bytes, cancellationToken).ConfigureAwait(false);
        var start = SparseMarker.Parse(bytes);
        var end = SparseMarker.Parse(bytes.AsSpan(2 * VmdkDescriptor.SectorSize));
        var header = bytes.AsSpan(VmdkDescriptor.SectorSize, SparseHeader.Bytes);
        if (start is not { Value: 1, Size: 0, Type: SparseMarker.Footer }
            || end is not { Value: 0, Size: 0, Type: SparseMarker.EndOfStream }
            || !header.StartsWith(SparseHeader.Magic))
        {
            throw NoFooter(file, name);
        }

        var footer = SparseHeader.Parse(header, name);
        return footer.DirectorySector != SparseHeader.DirectoryAtEnd
            && footer.CapacitySectors == first.CapacitySectors
            && footer.GrainSectors == first.GrainSectors
            && footer.Flags == first.Flags
                ? footer
                : throw SparseError.Damaged(name, "its footer contradicts its header, or tells no place of the grain directory either");
    }

    static BlockDeviceException NoFooter(IBlockDevice file, string name) => SparseError.Damaged(
        name, $"its header says that the grain directory is at the end, but the last of its {file.Length} bytes are no footer: the end is missing");
}
