namespace VmProxy.Repository.Maps;

/// <summary>References of one leaf that were given so far, in any order, each slot at most once.</summary>
internal sealed class LeafChanges
{
    (ushort Slot, ChunkId Id)[] _entries = new (ushort, ChunkId)[4];

    public int Count { get; private set; }

    public long LastUse { get; set; }

    public void Add(int slot, ChunkId id)
    {
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Count * 2);
        }

        _entries[Count++] = ((ushort)slot, id);
    }

    public void ApplyTo(Span<ChunkId> slots)
    {
        foreach (var (slot, id) in _entries.AsSpan(0, Count))
        {
            slots[slot] = id;
        }
    }
}
