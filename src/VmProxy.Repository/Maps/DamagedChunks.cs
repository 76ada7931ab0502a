namespace VmProxy.Repository.Maps;

/// <summary>
/// Chunks of a base map that cannot be read, because they or the pages above them are damaged. Their content must be stored anew: until then
/// they are treated as absent, and the map cannot be completed.
/// </summary>
internal sealed class DamagedChunks
{
    readonly Lock _lock = new();
    readonly (long First, long End, ulong[] Stored)[] _ranges;

    /// <param name="ranges">Ranges of the disk in bytes, in any order.</param>
    /// <param name="chunkSize">Bytes of a chunk.</param>
    public DamagedChunks(IEnumerable<DiskRange> ranges, int chunkSize) => _ranges =
    [
        .. DiskRanges.Merge(ranges.Where(range => range.Length > 0).Select(range => Widen(range, chunkSize)))
            .Select(range => (range.Offset, range.Offset + range.Length, new ulong[(range.Length + 63) / 64])),
    ];

    /// <summary>Whether all of these chunks are damaged.</summary>
    public bool Cover(long first, long end) => Find(first) is { } range && end <= range.End;

    /// <summary>The same references without those of damaged chunks.</summary>
    public ChunkId[] Without(long first, ChunkId[] slots)
    {
        ChunkId[]? without = null;
        for (var i = 0; i < slots.Length; i++)
        {
            if (!slots[i].IsNull && Find(first + i) is not null)
            {
                without ??= [.. slots];
                without[i] = default;
            }
        }

        return without ?? slots;
    }

    public void SetStored(long first, long count)
    {
        lock (_lock)
        {
            foreach (var (from, end, stored) in _ranges)
            {
                for (var chunk = Math.Max(first, from); chunk < Math.Min(first + count, end); chunk++)
                {
                    stored[(chunk - from) >> 6] |= 1UL << (int)((chunk - from) & 63);
                }
            }
        }
    }

    /// <summary>The first chunk that was not stored, or null.</summary>
    public long? FirstMissing()
    {
        lock (_lock)
        {
            foreach (var (first, end, stored) in _ranges)
            {
                for (var chunk = first; chunk < end; chunk++)
                {
                    if ((stored[(chunk - first) >> 6] & (1UL << (int)((chunk - first) & 63))) == 0)
                    {
                        return chunk;
                    }
                }
            }

            return null;
        }
    }

    (long First, long End)? Find(long chunk)
    {
        var (low, high) = (0, _ranges.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _ranges[middle].End <= chunk ? (middle + 1, high) : (low, middle);
        }

        return low < _ranges.Length && _ranges[low].First <= chunk ? (_ranges[low].First, _ranges[low].End) : null;
    }

    static DiskRange Widen(DiskRange range, int chunkSize)
    {
        var first = range.Offset / chunkSize;
        return new DiskRange(first, MapShape.Chunks(range.Offset + range.Length, chunkSize) - first);
    }
}
