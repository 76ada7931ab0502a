namespace VmProxy.Repository.Maps;

/// <summary>
/// Makes the map of a disk from its base's by path copying: only touched pages are read and written. A leaf is written as soon as all its
/// slots are known, so that a full backup of any size holds few of them; scattered changes are held as pairs, and the least recently
/// touched leaves are written early when these grow many.
/// </summary>
internal sealed class MapBuilder : IDisposable
{
    readonly MapReader? _base;
    readonly PageCache _pages;
    readonly Func<byte[], CancellationToken, ValueTask<ChunkId>> _store;
    readonly Tuning _tuning;
    readonly long _length;
    readonly int _chunkSize;
    readonly long _chunks;
    readonly int _levels;
    readonly Lock _lock = new();
    readonly SemaphoreSlim _writing = new(1);
    readonly Dictionary<long, LeafChanges> _leaves = [];
    readonly Dictionary<long, Dictionary<int, ChunkId>>[] _upper;
    long _references;
    long _clock;

    public MapBuilder(
        long length, int chunkSize, MapReader? baseMap, PageCache pages, Func<byte[], CancellationToken, ValueTask<ChunkId>> store, Tuning tuning)
    {
        (_length, _chunkSize, _base, _pages, _store, _tuning) = (length, chunkSize, baseMap, pages, store, tuning);
        _chunks = MapShape.Chunks(length, chunkSize);
        _levels = MapShape.Levels(_chunks);

        // Index 0 is unused: leaves have a table of their own. The last one holds the root as its only slot.
        _upper = [.. Enumerable.Range(0, _levels + 1).Select(_ => new Dictionary<long, Dictionary<int, ChunkId>>())];
    }

    /// <summary>Sets the references of neighbouring chunks.</summary>
    public async ValueTask SetAsync(long firstChunk, ReadOnlyMemory<ChunkId> ids, CancellationToken cancellationToken)
    {
        _base?.Damaged?.SetStored(firstChunk, ids.Length);
        List<(long Leaf, LeafChanges Changes)>? ready = null;
        lock (_lock)
        {
            for (var i = 0; i < ids.Length; i++)
            {
                Add(firstChunk + i, ids.Span[i], ref ready);
            }

            if (_references > _tuning.PendingReferences)
            {
                TakeOldest(ref ready);
            }
        }

        foreach (var (leaf, changes) in ready ?? [])
        {
            await WriteLeafAsync(leaf, changes, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Sets neighbouring references to null. Whole subtrees cost one reference.</summary>
    public async ValueTask SetZeroAsync(long firstChunk, long count, CancellationToken cancellationToken)
    {
        _base?.Damaged?.SetStored(firstChunk, count);
        var end = firstChunk + count;
        var nulls = new ChunkId[MapShape.LeafSlots];
        while (firstChunk < end)
        {
            var leaf = firstChunk / MapShape.LeafSlots;
            var isWhole = firstChunk % MapShape.LeafSlots == 0 && (end - firstChunk >= MapShape.LeafSlots || end == _chunks);
            if (isWhole)
            {
                var lastLeaf = end == _chunks ? MapShape.Pages(_chunks, 0) : end / MapShape.LeafSlots;
                lock (_lock)
                {
                    ZeroPages(0, leaf, lastLeaf);
                }

                firstChunk = Math.Min(end, lastLeaf * MapShape.LeafSlots);
                continue;
            }

            var run = (int)Math.Min(end - firstChunk, MapShape.LeafSlots - (firstChunk % MapShape.LeafSlots));
            await SetAsync(firstChunk, nulls.AsMemory(0, run), cancellationToken).ConfigureAwait(false);
            firstChunk += run;
        }
    }

    /// <summary>Writes what is left, bottom up. Nobody may be setting references any more.</summary>
    public async Task<DiskMap> CompleteAsync(CancellationToken cancellationToken)
    {
        if (_base?.Damaged?.FirstMissing() is { } missing)
        {
            throw new InvalidOperationException($"The chunk at byte {missing * _chunkSize} is damaged in the base and was not stored anew.");
        }

        foreach (var leaf in _leaves.Keys.Order().ToArray())
        {
            await WriteLeafAsync(leaf, _leaves[leaf], cancellationToken).ConfigureAwait(false);
            _leaves.Remove(leaf);
        }

        for (var level = 1; level < _levels; level++)
        {
            // The disk grew by whole levels: the base's root becomes the first page below the new ones.
            if (_base is { Map.Levels: var baseLevels } && level == baseLevels && !_base.RootId.IsNull)
            {
                SlotsAbove(level - 1, 0).TryAdd(0, _base.RootId);
            }

            foreach (var (page, changes) in _upper[level].OrderBy(pair => pair.Key))
            {
                Put(level, page, await WritePageAsync(level, page, changes.Count, slots => Apply(changes, slots), cancellationToken).ConfigureAwait(false));
            }
        }

        var root = _upper[_levels].TryGetValue(0, out var top) ? top[0] : _base?.RootId ?? default;
        return new DiskMap { Length = _length, ChunkSize = _chunkSize, Levels = _levels, Root = root.IsNull ? null : root.ToString() };
    }

    public void Dispose() => _writing.Dispose();

    void Add(long chunk, ChunkId id, ref List<(long, LeafChanges)>? ready)
    {
        var (leaf, slot) = Math.DivRem(chunk, MapShape.LeafSlots);
        if (!_leaves.TryGetValue(leaf, out var changes))
        {
            changes = _leaves[leaf] = new LeafChanges();
        }

        changes.Add((int)slot, id);
        changes.LastUse = ++_clock;
        _references++;
        if (changes.Count == MapShape.UsedSlots(_chunks, 0, leaf))
        {
            Take(leaf, changes, ref ready);
        }
    }

    void Take(long leaf, LeafChanges changes, ref List<(long, LeafChanges)>? ready)
    {
        _leaves.Remove(leaf);
        _references -= changes.Count;
        (ready ??= []).Add((leaf, changes));
    }

    void TakeOldest(ref List<(long, LeafChanges)>? ready)
    {
        foreach (var (leaf, changes) in _leaves.OrderBy(pair => pair.Value.LastUse).ToArray())
        {
            if (_references <= _tuning.PendingReferences / 2)
            {
                return;
            }

            Take(leaf, changes, ref ready);
        }
    }

    void ZeroPages(int level, long first, long end)
    {
        if (_base is null)
        {
            return; // null already
        }

        // Pages below a parent that is covered whole are covered by it.
        var all = end == MapShape.Pages(_chunks, level);
        var firstParent = (first + MapShape.InteriorSlots - 1) / MapShape.InteriorSlots;
        var endParent = all ? MapShape.Pages(_chunks, level + 1) : end / MapShape.InteriorSlots;
        if (level + 1 < _levels && firstParent < endParent)
        {
            ZeroPages(level + 1, firstParent, endParent);
            PutZeros(level, first, firstParent * MapShape.InteriorSlots);
            PutZeros(level, all ? end : endParent * MapShape.InteriorSlots, end);
        }
        else
        {
            PutZeros(level, first, end);
        }
    }

    void PutZeros(int level, long first, long end)
    {
        for (var page = first; page < end; page++)
        {
            Put(level, page, default);
        }
    }

    void Put(int level, long page, ChunkId id) => SlotsAbove(level, page)[SlotAbove(level, page)] = id;

    Dictionary<int, ChunkId> SlotsAbove(int level, long page)
    {
        var parents = _upper[level + 1];
        var parent = page / MapShape.InteriorSlots;
        if (!parents.TryGetValue(parent, out var slots))
        {
            slots = parents[parent] = [];
        }

        return slots;
    }

    int SlotAbove(int level, long page) => level + 1 == _levels ? 0 : (int)(page % MapShape.InteriorSlots);

    async ValueTask WriteLeafAsync(long leaf, LeafChanges changes, CancellationToken cancellationToken)
    {
        // One at a time: a leaf that was written early must be seen by whoever continues it.
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var id = await WritePageAsync(0, leaf, changes.Count, slots => changes.ApplyTo(slots), cancellationToken).ConfigureAwait(false);
            lock (_lock)
            {
                Put(0, leaf, id);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    async ValueTask<ChunkId> WritePageAsync(int level, long page, int changed, Action<ChunkId[]> apply, CancellationToken cancellationToken)
    {
        var currentId = await CurrentIdAsync(level, page, cancellationToken).ConfigureAwait(false);
        var current = currentId.IsNull ? null : await _pages.ReadAsync(currentId, level, cancellationToken).ConfigureAwait(false);
        var slots = new ChunkId[MapShape.UsedSlots(_chunks, level, page)];
        current?.Slots.CopyTo(slots, 0);
        apply(slots);
        if (slots.AsSpan().IndexOfAnyExcept(default(ChunkId)) < 0)
        {
            return default;
        }

        if (current is not null && slots.AsSpan().SequenceEqual(current.Slots))
        {
            return currentId;
        }

        var bytes = current is not null && PatchEntries(current.Full, slots, changed) is { } entries
            ? MapPage.EncodePatch(current.Full, slots, entries)
            : MapPage.EncodeFull(level, slots);
        return await _store(bytes, cancellationToken).ConfigureAwait(false);
    }

    static void Apply(Dictionary<int, ChunkId> changes, ChunkId[] slots)
    {
        foreach (var (slot, id) in changes)
        {
            slots[slot] = id;
        }
    }

    async ValueTask<ChunkId> CurrentIdAsync(int level, long page, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_upper[level + 1].TryGetValue(page / MapShape.InteriorSlots, out var slots) && slots.TryGetValue(SlotAbove(level, page), out var id))
            {
                return id;
            }
        }

        return _base is null ? default : await _base.PageIdAsync(level, page, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// How many entries a patch of <paramref name="full"/> needs, or null when a full page is better. Entries that earlier backups left
    /// are carried along each night; once they have cost about what a full page costs, one is written. That keeps the metadata
    /// of scattered changes near its minimum over the years.
    /// </summary>
    static int? PatchEntries(MapPage full, ChunkId[] slots, int changed)
    {
        if (full.Slots.Length != slots.Length)
        {
            return null;
        }

        var entries = 0;
        for (var i = 0; i < slots.Length; i++)
        {
            entries += slots[i] == full.Slots[i] ? 0 : 1;
        }

        var carried = Math.Max(0L, entries - changed);
        var patch = (long)MapPage.PatchLength(1) - MapPage.PatchLength(0);
        var page = (long)MapPage.FullLength(slots.Length);
        return entries <= MapShape.MaxPatchEntries && entries * patch < page / 2 && carried * carried * patch <= 2 * page * changed ? entries : null;
    }
}
