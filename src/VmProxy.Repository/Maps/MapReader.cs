namespace VmProxy.Repository.Maps;

/// <summary>Finds the chunk ids of a disk by its page tree.</summary>
internal sealed class MapReader
{
    readonly DiskMap _map;
    readonly ChunkId _root;
    readonly PageCache _pages;

    /// <param name="map">The map.</param>
    /// <param name="pages">Its pages.</param>
    /// <param name="damaged">Chunks that are treated as absent, and pages above nothing but them, which are not touched.</param>
    public MapReader(DiskMap map, PageCache pages, DamagedChunks? damaged = null)
    {
        Chunks = MapShape.Require(map);
        (_map, _root, _pages, Damaged) = (map, map.RootId, pages, damaged);
    }

    public long Chunks { get; }

    public DiskMap Map => _map;

    public DamagedChunks? Damaged { get; }

    /// <summary>The id of the root page; null for a disk of zeros.</summary>
    public ChunkId RootId => IsDamaged(_map.Levels - 1, 0) ? default : _root;

    /// <summary>The ids of a leaf; fewer than the leaf's slots when the rest are null; null when all are.</summary>
    public async ValueTask<ChunkId[]?> LeafAsync(long leaf, CancellationToken cancellationToken)
    {
        var id = await PageIdAsync(0, leaf, cancellationToken).ConfigureAwait(false);
        if (id.IsNull)
        {
            return null;
        }

        var slots = (await _pages.ReadAsync(id, 0, cancellationToken).ConfigureAwait(false)).Slots;
        return Damaged is null ? slots : Damaged.Without(leaf * MapShape.LeafSlots, slots);
    }

    /// <summary>
    /// What stands at a leaf: its ids, or how far the zeros or the unreadable page reach that it lies below. A walk by these steps takes as long as what
    /// is stored, however long the disk says that it is.
    /// </summary>
    public async ValueTask<MapStep> StepAsync(long leaf, CancellationToken cancellationToken)
    {
        var id = _root;
        for (var level = _map.Levels - 1; ; level--)
        {
            var below = MapShape.ChunksBelow(level) / MapShape.LeafSlots;
            var page = leaf / below;
            var end = Math.Min(MapShape.Pages(Chunks, 0), (page + 1) * below);
            if (id.IsNull || IsDamaged(level, page))
            {
                return new MapStep(end, null, null);
            }

            ChunkId[] slots;
            try
            {
                slots = (await _pages.ReadAsync(id, level, cancellationToken).ConfigureAwait(false)).Slots;
            }
            catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged)
            {
                return new MapStep(end, null, error);
            }

            if (level == 0)
            {
                return new MapStep(end, Damaged is null ? slots : Damaged.Without(leaf * MapShape.LeafSlots, slots), null);
            }

            var slot = (int)(leaf / (below / MapShape.InteriorSlots) % MapShape.InteriorSlots);
            id = slot < slots.Length ? slots[slot] : default;
        }
    }

    /// <summary>The id of a page; null for a subtree of zeros.</summary>
    public async ValueTask<ChunkId> PageIdAsync(int level, long page, CancellationToken cancellationToken)
    {
        if (level >= _map.Levels || page >= MapShape.Pages(Chunks, level) || IsDamaged(level, page))
        {
            return default;
        }

        var id = _root;
        for (var at = _map.Levels - 1; at > level && !id.IsNull; at--)
        {
            var slots = (await _pages.ReadAsync(id, at, cancellationToken).ConfigureAwait(false)).Slots;
            var below = page;
            for (var i = level; i < at - 1; i++)
            {
                below /= MapShape.InteriorSlots;
            }

            var slot = (int)(below % MapShape.InteriorSlots);
            id = slot < slots.Length ? slots[slot] : default;
        }

        return id;
    }

    // A page that is not damaged itself has readable pages above it: what lies below an unreadable one is damaged as a whole.
    bool IsDamaged(int level, long page)
    {
        if (Damaged is null)
        {
            return false;
        }

        var perPage = MapShape.ChunksBelow(level);
        return Damaged.Cover(page * perPage, Math.Min(Chunks, (page + 1) * perPage));
    }
}
