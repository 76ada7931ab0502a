namespace VmProxy.Repository.Maps;

/// <summary>The fixed shape of page trees.</summary>
internal static class MapShape
{
    public const int LeafSlots = 1024;
    public const int InteriorSlots = 128;
    public const int MaxPatchEntries = 256;
    public const int MaxLevels = 8;

    public static int Slots(int level) => level == 0 ? LeafSlots : InteriorSlots;

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
