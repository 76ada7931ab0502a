namespace VmProxy.GuestFiles;

/// <summary>A stretch of a fork: blocks of the file, and where they lie.</summary>
/// <param name="First">First block within the fork.</param>
/// <param name="Count">Blocks; at least 1.</param>
/// <param name="Block">First block on the volume, numbered by group, or <see cref="Hole"/>.</param>
/// <param name="IsUnwritten">Whether it is allocated and reads as zeros.</param>
readonly record struct XfsExtent(ulong First, ulong Count, ulong Block, bool IsUnwritten)
{
    /// <summary>Nothing is allocated.</summary>
    public const ulong Hole = ulong.MaxValue;

    /// <summary>Bytes of an extent on the disk.</summary>
    public const int Size = 16;

    public bool IsHole => Block == Hole;

    public ulong End => First + Count;

    /// <summary>Reads extents that must follow each other and lie in the file system.</summary>
    /// <exception cref="GuestFileException">They do not.</exception>
    public static XfsExtent[] Parse(ReadOnlySpan<byte> records, int count, XfsSuperblock superblock, string subject)
    {
        var extents = new XfsExtent[count];
        ulong next = 0;
        for (var i = 0; i < count; i++)
        {
            var (high, low) = (records.U64(i * Size), records.U64((i * Size) + 8));
            var extent = new XfsExtent((high << 1) >> 10, low & 0x1FFFFF, ((high & 0x1FF) << 43) | (low >> 21), high >> 63 != 0);
            if (extent.First < next || extent.Count == 0 || !superblock.IsBlocks(extent.Block, extent.Count))
            {
                throw GuestFileException.Damaged(
                    subject, $"The extents of {subject} cannot be right: {extent.Count} blocks at block {extent.Block} for block {extent.First} of the file, which may begin at {next}.");
            }

            extents[i] = extent;
            next = extent.End;
        }

        return extents;
    }

    /// <summary>The extent that holds a block, or the hole around it that ends at the next extent or at <paramref name="end"/>.</summary>
    public static XfsExtent Find(XfsExtent[] extents, ulong block, ulong end)
    {
        var (low, high) = (0, extents.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = extents[middle].End <= block ? (middle + 1, high) : (low, middle);
        }

        return low < extents.Length && extents[low].First <= block ? extents[low]
            : new XfsExtent(block, Math.Max(1, (low < extents.Length ? extents[low].First : Math.Max(end, block + 1)) - block), Hole, false);
    }
}
