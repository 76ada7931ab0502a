using VmProxy.Repository.Index;

namespace VmProxy.Repository.Checking;

/// <summary>A chunk that cannot be read from any of its places.</summary>
/// <param name="location">One of these places; null when the index knows none.</param>
internal sealed class PageLostException(ChunkLocation? location) : Exception
{
    public void Report(DamageBook book, DiskOfPoint disk, DiskRange range)
    {
        if (location is { } place)
        {
            book.AddUse(place, disk, range);
        }
        else
        {
            book.AddUse(
                CheckCodes.ChunkUnknown, "index", "No readable index segment knows chunks that points need. If a segment is damaged or lost, 'vmproxy repo check --rebuild-index' finds them again.",
                disk, range);
        }
    }
}
