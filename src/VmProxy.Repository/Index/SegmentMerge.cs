namespace VmProxy.Repository.Index;

/// <summary>
/// Walks several segments at once in the order of ids. Memory is a cursor a segment. Records of blocks that do not prove themselves are passed
/// over: who must not lose them looks at <see cref="IndexSegment.IsIntact"/> first.
/// </summary>
internal sealed class SegmentMerge
{
    readonly PriorityQueue<Cursor, ChunkId> _cursors = new();
    readonly List<ChunkLocation> _locations = [];

    public SegmentMerge(IEnumerable<IndexSegment> segments)
    {
        foreach (var segment in segments)
        {
            var cursor = new Cursor(segment);
            if (cursor.MoveNext())
            {
                _cursors.Enqueue(cursor, cursor.Current.Id);
            }
        }
    }

    public ChunkId Id { get; private set; }

    /// <summary>Every different place of the chunk. Valid until the next move.</summary>
    public IReadOnlyList<ChunkLocation> Locations => _locations;

    /// <summary>Records taken so far, equal ones included.</summary>
    public long Taken { get; private set; }

    public bool MoveNext()
    {
        _locations.Clear();
        if (!_cursors.TryPeek(out var cursor, out var id))
        {
            return false;
        }

        Id = id;
        while (_cursors.TryPeek(out cursor, out var next) && next == id)
        {
            Add(cursor.Segment.LocationOf(cursor.Current));
            Taken++;
            if (cursor.MoveNext())
            {
                _cursors.DequeueEnqueue(cursor, cursor.Current.Id);
            }
            else
            {
                _cursors.Dequeue();
            }
        }

        return true;
    }

    void Add(in ChunkLocation location)
    {
        foreach (var known in _locations)
        {
            if (known.Pack.Header.Id == location.Pack.Header.Id && known.Offset == location.Offset)
            {
                return;
            }
        }

        _locations.Add(location);
    }

    sealed class Cursor(IndexSegment segment)
    {
        int _position = -1;

        public IndexSegment Segment => segment;

        public IndexRecord Current { get; private set; }

        public bool MoveNext()
        {
            _position++;
            while (_position < segment.Count && !segment.IsReadable(_position))
            {
                _position = ((_position / SegmentLayout.RecordsPerBlock) + 1) * SegmentLayout.RecordsPerBlock;
            }

            if (_position >= segment.Count)
            {
                return false;
            }

            Current = segment.RecordAt(_position);
            return true;
        }
    }
}
