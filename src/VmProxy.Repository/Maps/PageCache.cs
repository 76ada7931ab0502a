namespace VmProxy.Repository.Maps;

/// <summary>Reads pages, keeping the last used ones decoded.</summary>
internal sealed class PageCache(Func<ChunkId, CancellationToken, ValueTask<byte[]>> read, int capacity)
{
    readonly Lock _lock = new();
    readonly Dictionary<ChunkId, LinkedListNode<MapPage>> _pages = [];
    readonly LinkedList<MapPage> _byUse = new();

    public async ValueTask<MapPage> ReadAsync(ChunkId id, int level, CancellationToken cancellationToken)
    {
        if (Find(id) is { } known && known.Level == level)
        {
            return known;
        }

        var bytes = await read(id, cancellationToken).ConfigureAwait(false);
        MapPage? full = null;
        if (MapPage.BaseOf(bytes) is { } baseId)
        {
            full = Find(baseId) ?? MapPage.Decode(baseId, level, await read(baseId, cancellationToken).ConfigureAwait(false), null);
            Add(full);
        }

        var page = MapPage.Decode(id, level, bytes, full);
        Add(page);
        return page;
    }

    MapPage? Find(ChunkId id)
    {
        lock (_lock)
        {
            if (!_pages.TryGetValue(id, out var node))
            {
                return null;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value;
        }
    }

    void Add(MapPage page)
    {
        lock (_lock)
        {
            if (_pages.ContainsKey(page.Id))
            {
                return;
            }

            _pages[page.Id] = _byUse.AddFirst(page);
            if (_pages.Count > capacity)
            {
                _pages.Remove(_byUse.Last!.Value.Id);
                _byUse.RemoveLast();
            }
        }
    }
}
