using System.Buffers.Binary;
using System.Security.Cryptography;

namespace VmProxy.Repository.Index;

/// <summary>
/// A sorted, immutable part of the index. Its head is proved when it is opened, each block of records and of the filter when it is first
/// touched. A filter block that does not prove itself is passed over; what a damaged block of records held is unknown.
/// </summary>
internal sealed class IndexSegment : IDisposable
{
    readonly SegmentHead _head;
    readonly ObjectView _view;
    readonly byte[] _key;

    // One byte a block: 0 unknown, 1 proved, 2 damaged. Racing threads compute the same answer.
    readonly byte[] _blockStates;
    readonly byte[] _filterStates;

    IndexSegment(string name, SegmentHead head, ObjectView view, byte[] key)
    {
        (Name, _head, _view, _key) = (name, head, view, key);
        Length = view.Bytes.Length;
        _blockStates = new byte[SegmentLayout.Blocks(head.Count)];
        _filterStates = new byte[SegmentFilter.Blocks(head.FilterLines)];
    }

    /// <summary>The name of its object.</summary>
    public string Name { get; }

    /// <summary>The random part of its name.</summary>
    public RandomId Id => _head.Id;

    /// <summary>Records; they are ordered by id, and an id may occur more than once.</summary>
    public int Count => _head.Count;

    /// <summary>Bytes of its object.</summary>
    public long Length { get; }

    public IReadOnlyList<PackInfo> Packs => _head.Packs;

    /// <summary>Older segments whose records this one holds too.</summary>
    public IReadOnlyList<RandomId> Superseded => _head.Superseded;

    /// <summary>True when a part of it did not prove itself, as far as it was touched.</summary>
    public bool IsDamaged => _blockStates.AsSpan().Contains((byte)2) || _filterStates.AsSpan().Contains((byte)2);

    /// <exception cref="RepositoryException">REPO_DAMAGED, REPO_UNSUPPORTED_VERSION. The view is still the caller's then.</exception>
    public static IndexSegment Open(string name, ObjectView view, byte[] key) => new(name, SegmentHead.Read(name, view.Bytes, key), view, key);

    /// <summary>The record at a position in the order of ids.</summary>
    /// <exception cref="RepositoryException">REPO_DAMAGED: the block that holds it does not prove itself.</exception>
    public IndexRecord RecordAt(int record)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)record, (uint)Count, nameof(record));
        var bytes = _view.Bytes;
        return IsProved(bytes, record / SegmentLayout.RecordsPerBlock)
            ? ReadRecord(bytes, record)
            : throw RepositoryException.Damaged(Name, $"Block {record / SegmentLayout.RecordsPerBlock} of its records does not match its checksum.");
    }

    public ChunkLocation LocationOf(in IndexRecord record) => new(_head.Packs[record.Pack], record.Offset, record.Length, record.ChunkLength);

    /// <summary>False when <see cref="RecordAt"/> would fail for every record of the same block.</summary>
    public bool IsReadable(int record) => IsProved(_view.Bytes, record / SegmentLayout.RecordsPerBlock);

    /// <summary>The position of the first record with an id; others with the same id follow it. Damaged blocks are passed over.</summary>
    public bool TryFindRecord(ChunkId id, out int record)
    {
        var bytes = _view.Bytes;
        record = -1;
        if (!MayContain(bytes, id))
        {
            return false;
        }

        // Ids that share their first eight bytes may begin in an earlier block than the last that begins with them.
        for (var block = FindBlock(bytes, id.A); block < _blockStates.Length && (block == 0 || FirstOf(bytes, block) <= id.A); block++)
        {
            if (IsProved(bytes, block) && TryFindInBlock(bytes, block, id, out record))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Looks for a better location than the one found so far.</summary>
    /// <param name="id">The chunk.</param>
    /// <param name="unusable">What must not be relied on.</param>
    /// <param name="best">The state of <paramref name="location"/>; only a better one replaces it.</param>
    /// <param name="location">The best location so far.</param>
    public bool TryFind(ChunkId id, Unusable unusable, ref LocationState best, ref ChunkLocation location)
    {
        if (!TryFindRecord(id, out var record))
        {
            return false;
        }

        var bytes = _view.Bytes;
        var found = false;
        for (; record < Count && IsProved(bytes, record / SegmentLayout.RecordsPerBlock) && IdAt(bytes, record) == id; record++)
        {
            var candidate = LocationOf(ReadRecord(bytes, record));
            var state = unusable.IsEmpty ? LocationState.Good : unusable.StateOf(candidate);
            if (state < best)
            {
                (best, location, found) = (state, candidate, true);
            }

            if (best == LocationState.Good)
            {
                break;
            }
        }

        return found;
    }

    /// <summary>Proves every block of records and of the filter, and gives the bytes of those that fail.</summary>
    public IEnumerable<(long Offset, long Length)> DamagedParts()
    {
        for (var block = 0; block < _blockStates.Length; block++)
        {
            if (!IsProved(_view.Bytes, block))
            {
                var first = block * (long)SegmentLayout.RecordsPerBlock;
                var count = Math.Min(SegmentLayout.RecordsPerBlock, Count - first);
                yield return (SegmentLayout.HeaderLength + (first * SegmentLayout.RecordLength), count * SegmentLayout.RecordLength);
            }
        }

        for (var block = 0; block < _filterStates.Length; block++)
        {
            if (!IsFilterProved(_view.Bytes, block))
            {
                var first = block * SegmentFilter.LinesPerBlock;
                var lines = Math.Min(SegmentFilter.LinesPerBlock, _head.FilterLines - first);
                yield return (_head.Filter + ((long)first * SegmentFilter.LineLength), (long)lines * SegmentFilter.LineLength);
            }
        }
    }

    /// <summary>Proves every block that was not touched yet.</summary>
    public bool IsIntact() => !DamagedParts().Any();

    public void Dispose() => _view.Dispose();

    public override string ToString() => Name;

    bool MayContain(ReadOnlySpan<byte> bytes, ChunkId id)
    {
        if (_head.FilterLines == 0)
        {
            return true;
        }

        var line = SegmentFilter.LineOf(id, _head.FilterLines);
        return !IsFilterProved(bytes, line / SegmentFilter.LinesPerBlock)
            || SegmentFilter.MayContain(bytes.Slice(_head.Filter + (line * SegmentFilter.LineLength), SegmentFilter.LineLength), id);
    }

    ulong FirstOf(ReadOnlySpan<byte> bytes, int block) =>
        BinaryPrimitives.ReadUInt64BigEndian(bytes[(_head.BlockTable + (block * SegmentLayout.BlockEntryLength))..]);

    /// <summary>The last block that begins before the prefix, or 0.</summary>
    int FindBlock(ReadOnlySpan<byte> bytes, ulong prefix)
    {
        var blocks = _blockStates.Length;
        var guess = (int)Math.BigMul(prefix, (ulong)blocks, out _);
        return Math.Max(0, PrefixSearch.LowerBound(bytes[_head.BlockTable..], SegmentLayout.BlockEntryLength, blocks, prefix, guess) - 1);
    }

    bool TryFindInBlock(ReadOnlySpan<byte> bytes, int block, ChunkId id, out int record)
    {
        var content = BlockContent(bytes, block);
        var count = content.Length / SegmentLayout.RecordLength;
        var first = FirstOf(bytes, block);
        var last = block + 1 < _blockStates.Length ? FirstOf(bytes, block + 1) : ulong.MaxValue;
        var guess = id.A <= first ? 0 : (int)(count * ((id.A - first) / ((double)(last - first) + 1)));
        var position = PrefixSearch.LowerBound(content, SegmentLayout.RecordLength, count, id.A, guess);
        while (position < count)
        {
            var order = ChunkId.Read(content[(position * SegmentLayout.RecordLength)..]).CompareTo(id);
            if (order >= 0)
            {
                record = (block * SegmentLayout.RecordsPerBlock) + position;
                return order == 0;
            }

            position++;
        }

        record = -1;
        return false;
    }

    bool IsProved(ReadOnlySpan<byte> bytes, int block)
    {
        if (_blockStates[block] == 0)
        {
            var expected = bytes.Slice(_head.BlockTable + (block * SegmentLayout.BlockEntryLength) + 8, SegmentLayout.SealLength);
            var content = BlockContent(bytes, block);
            _blockStates[block] = IsMeaningful(content) ? StateOf(bytes, (uint)block, content, expected) : (byte)2;
        }

        return _blockStates[block] == 1;
    }

    // Whatever a writer sealed: lookups rely on these two.
    bool IsMeaningful(ReadOnlySpan<byte> content)
    {
        var previous = default(ChunkId);
        for (; content.Length > 0; content = content[SegmentLayout.RecordLength..])
        {
            var id = ChunkId.Read(content);
            if (id < previous || BinaryPrimitives.ReadUInt32LittleEndian(content[ChunkId.Size..]) >= (uint)_head.Packs.Length)
            {
                return false;
            }

            previous = id;
        }

        return true;
    }

    bool IsFilterProved(ReadOnlySpan<byte> bytes, int block)
    {
        if (_filterStates[block] == 0)
        {
            var first = block * SegmentFilter.LinesPerBlock;
            var lines = Math.Min(SegmentFilter.LinesPerBlock, _head.FilterLines - first);
            var content = bytes.Slice(_head.Filter + (first * SegmentFilter.LineLength), lines * SegmentFilter.LineLength);
            var expected = bytes.Slice(_head.FilterTable + (block * SegmentLayout.SealLength), SegmentLayout.SealLength);
            _filterStates[block] = StateOf(bytes, SegmentFilter.BlockNumberBase + (uint)block, content, expected);
        }

        return _filterStates[block] == 1;
    }

    byte StateOf(ReadOnlySpan<byte> bytes, uint number, ReadOnlySpan<byte> content, ReadOnlySpan<byte> expected)
    {
        Span<byte> hash = stackalloc byte[SegmentLayout.SealLength];
        SegmentLayout.HashBlock(_key, bytes.Slice(8, RandomId.Size), number, content, hash);
        return CryptographicOperations.FixedTimeEquals(hash, expected) ? (byte)1 : (byte)2;
    }

    ReadOnlySpan<byte> BlockContent(ReadOnlySpan<byte> bytes, int block)
    {
        var first = block * SegmentLayout.RecordsPerBlock;
        var count = Math.Min(SegmentLayout.RecordsPerBlock, Count - first);
        return bytes.Slice(SegmentLayout.HeaderLength + (first * SegmentLayout.RecordLength), count * SegmentLayout.RecordLength);
    }

    static ChunkId IdAt(ReadOnlySpan<byte> bytes, int record) =>
        ChunkId.Read(bytes[(SegmentLayout.HeaderLength + (record * SegmentLayout.RecordLength))..]);

    static IndexRecord ReadRecord(ReadOnlySpan<byte> bytes, int record)
    {
        var content = bytes.Slice(SegmentLayout.HeaderLength + (record * SegmentLayout.RecordLength), SegmentLayout.RecordLength);
        return new IndexRecord(
            ChunkId.Read(content), BinaryPrimitives.ReadInt32LittleEndian(content[32..]), BinaryPrimitives.ReadUInt32LittleEndian(content[36..]),
            BinaryPrimitives.ReadUInt32LittleEndian(content[40..]), BinaryPrimitives.ReadInt32LittleEndian(content[44..]));
    }
}
