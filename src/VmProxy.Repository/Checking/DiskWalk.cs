using VmProxy.Repository.Index;
using VmProxy.Repository.Maps;

namespace VmProxy.Repository.Checking;

/// <summary>The walk through one disk's map.</summary>
internal sealed class DiskWalk(MapWalk walk, DiskOfPoint disk, DiskMap map, PageCache pages)
{
    readonly long _chunks = MapShape.Chunks(map.Length, map.ChunkSize);

    public async Task<bool> PageAsync(ChunkId id, int level, long page, CancellationToken cancellationToken)
    {
        if (id.IsNull || walk.IsWhole(id))
        {
            return true;
        }

        ChunkId[] slots;
        try
        {
            slots = (await pages.ReadAsync(id, level, cancellationToken).ConfigureAwait(false)).Slots;
        }
        catch (PageLostException lost)
        {
            lost.Report(walk.Book, disk, RangeOf(level, page));
            return false;
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged)
        {
            walk.Book.AddUse(CheckCodes.Map, $"map page {id}", "The page is intact but no page of the level where it is used.", disk, RangeOf(level, page));
            return false;
        }

        var whole = level == 0 ? Leaf(page, slots) : await ChildrenAsync(level, page, slots, cancellationToken).ConfigureAwait(false);
        if (whole)
        {
            walk.SetWhole(id);
        }

        return whole;
    }

    async Task<bool> ChildrenAsync(int level, long page, ChunkId[] slots, CancellationToken cancellationToken)
    {
        var damaged = 0;
        var workers = level == 1 ? walk.Workers : 1;
        await Workers.ForEachAsync(Enumerable.Range(0, slots.Length).ToAsyncEnumerable(), workers, async (slot, token) =>
        {
            if (!await PageAsync(slots[slot], level - 1, (page * MapShape.InteriorSlots) + slot, token).ConfigureAwait(false))
            {
                Interlocked.Increment(ref damaged);
            }
        }, cancellationToken).ConfigureAwait(false);
        return damaged == 0;
    }

    bool Leaf(long page, ChunkId[] slots)
    {
        var unusable = walk.Index.Unusable;
        var (whole, found) = (true, 0);
        for (var slot = 0; slot < slots.Length; slot++)
        {
            if (slots[slot].IsNull)
            {
                continue;
            }

            var isKnown = walk.Index.TryFind(slots[slot], out var location);
            if (isKnown && (unusable.IsEmpty || unusable.StateOf(location) != LocationState.Damaged))
            {
                found++;
                continue;
            }

            whole = false;
            new PageLostException(isKnown ? location : null).Report(walk.Book, disk, RangeOf(0, page, slot));
        }

        walk.CountChunks(found);
        return whole;
    }

    /// <summary>The bytes below a page, or below one slot of a leaf.</summary>
    DiskRange RangeOf(int level, long page, int? slot = null)
    {
        var perPage = MapShape.ChunksBelow(level);
        var first = (page * perPage) + (slot ?? 0);
        var end = Math.Min(_chunks, slot is null ? first + perPage : first + 1);
        var offset = Math.Min(first * map.ChunkSize, map.Length);
        return new DiskRange(offset, Math.Min(end * map.ChunkSize, map.Length) - offset);
    }
}
