namespace VmProxy.Repository.Maps;

/// <summary>The fixed shape of page trees.</summary>
internal static class MapShape
{
    public const int LeafSlots = 1024;
    public const int InteriorSlots = 128;
    public const int MaxPatchEntries = 256;

    /// <summary>16 PiB. It keeps every product of a page's place and the chunk size far from an overflow.</summary>
    public const long MaxLength = 1L << 54;

    /// <summary>Of a disk of <see cref="MaxLength"/> in the smallest chunks.</summary>
    public const int MaxLevels = 6;

    public static int Slots(int level) => level == 0 ? LeafSlots : InteriorSlots;

    /// <summary>Whether a disk of this length in chunks of this size is one that the format knows.</summary>
    public static bool IsPossible(long length, int chunkSize) => length is >= 0 and <= MaxLength && Keys.RepositoryHeader.IsChunkSize(chunkSize);

    /// <summary>The number of chunks of a map that came from a point, which may say anything: nothing may reckon with it before.</summary>
    /// <exception cref="RepositoryException">REPO_DAMAGED.</exception>
    public static long Require(DiskMap map)
    {
        if (IsPossible(map.Length, map.ChunkSize) && map.Levels <= MaxLevels && Chunks(map.Length, map.ChunkSize) is var chunks && map.Levels == Levels(chunks))
        {
            return chunks;
        }

        throw RepositoryException.Damaged(NameOf(map), "Its length, chunk size and levels do not fit together.");
    }

    /// <summary>What damage of a map itself is reported under.</summary>
    public static string NameOf(DiskMap map) => $"map {map.Root}";

    public static long Chunks(long length, int chunkSize) => (length + chunkSize - 1) / chunkSize;

    public static int Levels(long chunks)
    {
        var levels = 1;
        for (var pages = Divide(chunks, LeafSlots); pages > 1; pages = Divide(pages, InteriorSlots))
        {
            levels++;
        }

        return levels;
    }

    /// <summary>How many pages a level has.</summary>
    public static long Pages(long chunks, int level)
    {
        var pages = Divide(chunks, LeafSlots);
        for (var i = 0; i < level; i++)
        {
            pages = Divide(pages, InteriorSlots);
        }

        return Math.Max(1, pages);
    }

    /// <summary>How many chunks a page of a level stands for.</summary>
    public static long ChunksBelow(int level)
    {
        var chunks = (long)LeafSlots;
        for (var i = 0; i < level; i++)
        {
            chunks *= InteriorSlots;
        }

        return chunks;
    }

    /// <summary>How many slots of a page are used: all, except at the end of the disk.</summary>
    public static int UsedSlots(long chunks, int level, long page)
    {
        var below = level == 0 ? chunks : Pages(chunks, level - 1);
        return (int)Math.Min(Slots(level), below - (page * Slots(level)));
    }

    static long Divide(long value, int by) => (value + by - 1) / by;
}
