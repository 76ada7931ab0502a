namespace VmProxy.Lab.Storage;

/// <summary>
/// One number for each block of a disk, 0 until it is marked. Untouched pages cost nothing and frozen copies share pages with the
/// original until that is written, so a snapshot of a terabyte disk costs what was written since.
/// </summary>
internal sealed class BlockStamps(long length, int blockSize)
{
    const int BlocksPerPage = 1024;

    readonly Page?[] _pages = new Page?[(length / blockSize / BlocksPerPage) + 1];
    object _owner = new();

    public long Length => length;

    public int BlockSize => blockSize;

    /// <summary>Stamps every block that the range touches.</summary>
    public void Mark(long offset, long count, uint stamp)
    {
        if (count == 0)
        {
            return;
        }

        for (var block = offset / blockSize; block <= (offset + count - 1) / blockSize; block++)
        {
            Writable(block / BlocksPerPage)[block % BlocksPerPage] = stamp;
        }
    }

    public uint this[long block] => _pages[block / BlocksPerPage]?.Stamps[block % BlocksPerPage] ?? 0;

    /// <summary>The blocks stamped later than <paramref name="stamp"/>, joined, in order, clipped to the disk.</summary>
    public IEnumerable<ByteRange> Newer(uint stamp, long from = 0)
    {
        var blocks = (length + blockSize - 1) / blockSize;
        long? start = null;
        for (var block = from / blockSize; block < blocks; block++)
        {
            if (block % BlocksPerPage == 0 && _pages[block / BlocksPerPage] is null && start is null)
            {
                block += BlocksPerPage - 1;
                continue;
            }

            if (this[block] > stamp)
            {
                start ??= block;
            }
            else if (start is { } first)
            {
                yield return new ByteRange(first * blockSize, (block - first) * blockSize);
                start = null;
            }
        }

        if (start is { } last)
        {
            yield return new ByteRange(last * blockSize, length - (last * blockSize));
        }
    }

    /// <summary>A copy that no later mark changes.</summary>
    public BlockStamps Freeze()
    {
        var copy = new BlockStamps(length, blockSize);
        _pages.CopyTo(copy._pages, 0);
        _owner = new object();
        return copy;
    }

    uint[] Writable(long index)
    {
        var page = _pages[index];
        if (page is null || page.Owner != _owner)
        {
            page = new Page(_owner, (uint[]?)page?.Stamps.Clone() ?? new uint[BlocksPerPage]);
            _pages[index] = page;
        }

        return page.Stamps;
    }

    sealed record Page(object Owner, uint[] Stamps);
}
