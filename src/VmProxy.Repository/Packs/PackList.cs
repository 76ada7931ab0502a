namespace VmProxy.Repository.Packs;

/// <summary>The packs of a session, numbered in the order of their beginning.</summary>
internal sealed class PackList
{
    readonly Lock _lock = new();
    readonly List<PackStream> _packs = [];

    public PackStream this[int number]
    {
        get
        {
            lock (_lock)
            {
                return _packs[number];
            }
        }
    }

    public PackStream Add(Func<int, PackStream> create)
    {
        lock (_lock)
        {
            var pack = create(_packs.Count);
            _packs.Add(pack);
            return pack;
        }
    }

    public PackStream[] Snapshot()
    {
        lock (_lock)
        {
            return [.. _packs];
        }
    }
}
