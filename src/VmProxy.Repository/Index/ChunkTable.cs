namespace VmProxy.Repository.Index;

/// <summary>A new chunk of a session. <see cref="Pack"/> is -1 while somebody is storing it.</summary>
internal readonly record struct NewChunk(ChunkId Id, int Pack, uint Offset, uint Length, int ChunkLength);

/// <summary>
/// The chunks that a session has stored and not yet put into an index segment. Open addressing without an object a chunk;
/// spread over shards so that workers seldom meet.
/// </summary>
internal sealed class ChunkTable
{
    const int Shards = 16;
    readonly Shard[] _shards = [.. Enumerable.Range(0, Shards).Select(_ => new Shard())];

    public int Count => _shards.Sum(shard => shard.Count);

    /// <summary>True for the one caller who shall store the chunk.</summary>
    public bool TryClaim(ChunkId id) => ShardOf(id).TryAdd(id);

    public void SetPlace(ChunkId id, Packs.FramePlace place, int chunkLength) =>
        ShardOf(id).Set(new NewChunk(id, place.Pack, place.Offset, place.Length, chunkLength));

    public bool TryGet(ChunkId id, out NewChunk chunk) => ShardOf(id).TryGet(id, out chunk);

    public bool Contains(ChunkId id) => ShardOf(id).TryGet(id, out _);

    /// <summary>Copies the chunks that <paramref name="isDurable"/> accepts by their pack.</summary>
    public List<NewChunk> Collect(Func<int, bool> isDurable)
    {
        var chunks = new List<NewChunk>();
        foreach (var shard in _shards)
        {
            shard.Collect(chunks, isDurable);
        }

        return chunks;
    }

    /// <summary>Forgets chunks that an index segment holds now.</summary>
    public void Remove(List<NewChunk> chunks)
    {
        foreach (var group in chunks.GroupBy(chunk => ShardOf(chunk.Id)))
        {
            group.Key.Remove([.. group.Select(chunk => chunk.Id)]);
        }
    }

    Shard ShardOf(ChunkId id) => _shards[(int)(id.C & (Shards - 1))];

    sealed class Shard
    {
        readonly Lock _lock = new();
        NewChunk[] _slots = new NewChunk[64];

        public int Count { get; private set; }

        public bool TryAdd(ChunkId id)
        {
            lock (_lock)
            {
                var slot = Find(id);
                if (!_slots[slot].Id.IsNull)
                {
                    return false;
                }

                _slots[slot] = new NewChunk(id, -1, 0, 0, 0);
                Count++;
                if (Count * 4 > _slots.Length * 3)
                {
                    Rebuild(_slots.Length * 2, keep: null);
                }

                return true;
            }
        }

        public void Set(NewChunk chunk)
        {
            lock (_lock)
            {
                _slots[Find(chunk.Id)] = chunk;
            }
        }

        public bool TryGet(ChunkId id, out NewChunk chunk)
        {
            lock (_lock)
            {
                chunk = _slots[Find(id)];
                return !chunk.Id.IsNull;
            }
        }

        public void Collect(List<NewChunk> chunks, Func<int, bool> isDurable)
        {
            lock (_lock)
            {
                chunks.AddRange(_slots.Where(slot => !slot.Id.IsNull && slot.Pack >= 0 && isDurable(slot.Pack)));
            }
        }

        public void Remove(HashSet<ChunkId> ids)
        {
            lock (_lock)
            {
                Rebuild(64, keep: slot => !ids.Contains(slot.Id));
            }
        }

        int Find(ChunkId id)
        {
            var mask = _slots.Length - 1;
            var slot = (int)id.A & mask;
            while (!_slots[slot].Id.IsNull && _slots[slot].Id != id)
            {
                slot = (slot + 1) & mask;
            }

            return slot;
        }

        void Rebuild(int capacity, Func<NewChunk, bool>? keep)
        {
            NewChunk[] kept = [.. _slots.Where(slot => !slot.Id.IsNull && (keep is null || keep(slot)))];
            while (kept.Length * 4 > capacity * 3)
            {
                capacity *= 2;
            }

            _slots = new NewChunk[capacity];
            Count = kept.Length;
            foreach (var chunk in kept)
            {
                _slots[Find(chunk.Id)] = chunk;
            }
        }
    }
}
