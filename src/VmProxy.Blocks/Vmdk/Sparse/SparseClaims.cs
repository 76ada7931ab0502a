namespace VmProxy.Blocks.Vmdk;

/// <summary>
/// Which stretches of a file the tables seen so far have grains in: one bit for each stretch as long as a grain, so that two grains that start in
/// one stretch are known to overlap. At most 64 MiB for grains of 4 KiB, 4 MiB for those of 64 KiB, and only for what is used.
/// </summary>
sealed class SparseClaims(int grainSectors)
{
    const int PageBits = 32 * 1024;
    const int WordBits = 64;

    readonly HashSet<int> _tables = [];
    readonly Dictionary<uint, ulong[]> _pages = [];

    /// <summary>Claims the grains of a table, unless that was done before; false when one is another table's, and then nothing is claimed.</summary>
    public bool TryClaim(int table, ReadOnlySpan<uint> sectors, out uint taken)
    {
        taken = 0;
        if (_tables.Contains(table))
        {
            return true;
        }

        foreach (var sector in sectors)
        {
            var (page, word, bit) = Locate(sector);
            if (_pages.TryGetValue(page, out var words) && (words[word] & bit) != 0)
            {
                taken = sector;
                return false;
            }
        }

        foreach (var sector in sectors)
        {
            var (page, word, bit) = Locate(sector);
            if (!_pages.TryGetValue(page, out var words))
            {
                _pages.Add(page, words = new ulong[PageBits / WordBits]);
            }

            words[word] |= bit;
        }

        _tables.Add(table);
        return true;
    }

    (uint Page, int Word, ulong Bit) Locate(uint sector)
    {
        var stretch = sector / (uint)grainSectors;
        return (stretch / PageBits, (int)(stretch % PageBits / WordBits), 1UL << (int)(stretch % WordBits));
    }
}
