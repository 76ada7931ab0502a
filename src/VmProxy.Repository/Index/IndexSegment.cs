using System.Buffers.Binary;
using System.Security.Cryptography;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Index;

/// <summary>
/// A sorted, immutable part of the index. Its head is proved when it is opened, each block of records when it is first touched.
/// </summary>
internal sealed class IndexSegment : IDisposable
{
    readonly ObjectView _view;
    readonly byte[] _key;
    readonly PackInfo[] _packs;
    readonly int _blockTable;
    readonly int _records;

    // One byte a block: 0 unknown, 1 proved, 2 damaged. Racing threads compute the same answer.
    readonly byte[] _blockStates;

    IndexSegment(string name, ObjectView view, byte[] key, PackInfo[] packs, HashSet<RandomId> superseded, int count)
    {
        (Name, _view, _key, _packs, Superseded, Count) = (name, view, key, packs, superseded, count);
        _blockTable = SegmentLayout.HeaderLength + (packs.Length * SegmentLayout.PackLength) + (superseded.Count * RandomId.Size);
        _blockStates = new byte[SegmentLayout.Blocks(count)];
        _records = _blockTable + (_blockStates.Length * SegmentLayout.BlockEntryLength) + 32;
    }

    /// <summary>The name of its object.</summary>
    public string Name { get; }

    /// <summary>Records; they are ordered by id, and an id may occur more than once.</summary>
    public int Count { get; }

    public long Length => _view.Bytes.Length;

    public IReadOnlyList<PackInfo> Packs => _packs;

    /// <summary>Older segments whose records this one holds too.</summary>
    public HashSet<RandomId> Superseded { get; }

    public bool IsDamaged => _blockStates.AsSpan().Contains((byte)2);

    public static IndexSegment Open(string name, ObjectView view, byte[] key)
    {
        var bytes = view.Bytes;
        if (bytes.Length < SegmentLayout.HeaderLength + 32 || !bytes.StartsWith(SegmentLayout.Magic))
        {
            throw RepositoryException.Damaged(name, "The index segment's header is damaged.");
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) != SegmentLayout.Version)
        {
            throw new RepositoryException(RepositoryErrorCodes.UnsupportedVersion, name, $"The index segment '{name}' is of a version that this program does not know.");
        }

        var count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]);
        var packs = BinaryPrimitives.ReadUInt32LittleEndian(bytes[28..]);
        var superseded = BinaryPrimitives.ReadUInt32LittleEndian(bytes[36..]);
        var blocks = (count + SegmentLayout.RecordsPerBlock - 1L) / SegmentLayout.RecordsPerBlock;
        var head = SegmentLayout.HeaderLength + ((long)packs * SegmentLayout.PackLength) + ((long)superseded * RandomId.Size)
            + (blocks * SegmentLayout.BlockEntryLength);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]) != SegmentLayout.RecordsPerBlock
            || head + 32 + ((long)count * SegmentLayout.RecordLength) != bytes.Length
            || !CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(key, bytes[..(int)head]), bytes.Slice((int)head, 32))
            || !ObjectNames.TryParse(name, out var id) || id != RandomId.Read(bytes[8..]))
        {
            throw RepositoryException.Damaged(name, "The index segment does not match its checksum.");
        }

        return new IndexSegment(
            name, view, key, ReadPacks(bytes, (int)packs, name), ReadSuperseded(bytes, (int)packs, (int)superseded), (int)count);
    }

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

    public ChunkLocation LocationOf(in IndexRecord record) => new(_packs[record.Pack], record.Offset, record.Length, record.ChunkLength);

    /// <summary>The position of the first record with an id; others with the same id follow it. Damaged blocks are passed over.</summary>
    public bool TryFindRecord(ChunkId id, out int record)
    {
        var bytes = _view.Bytes;

        // Ids that share their first eight bytes may begin in an earlier block than the last that begins with them.
        for (var block = FindBlock(bytes, id.A); block < _blockStates.Length && (block == 0 || FirstOf(bytes, block) <= id.A); block++)
        {
            if (IsProved(bytes, block))
            {
                record = LowerBound(bytes, block, id);
                if (record < Count && IdAt(bytes, record) == id && IsProved(bytes, record / SegmentLayout.RecordsPerBlock))
                {
                    return true;
                }
            }
        }

        record = -1;
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

    /// <summary>Proves every block; used by checks.</summary>
    public bool IsIntact()
    {
        for (var block = 0; block < _blockStates.Length; block++)
        {
            if (!IsProved(_view.Bytes, block))
            {
                return false;
            }
        }

        return true;
    }

    public void Dispose() => _view.Dispose();

    public override string ToString() => Name;

    static PackInfo[] ReadPacks(ReadOnlySpan<byte> bytes, int count, string name)
    {
        var packs = new PackInfo[count];
        for (var i = 0; i < count; i++)
        {
            var entry = bytes.Slice(SegmentLayout.HeaderLength + (i * SegmentLayout.PackLength), SegmentLayout.PackLength);
            var (kind, seal) = ((PackKind)entry[20], (SealKind)entry[21]);
            if (!PackHeader.IsKnown(kind, seal))
            {
                throw new RepositoryException(RepositoryErrorCodes.UnsupportedVersion, name, $"The index segment '{name}' names a kind of pack that this program does not know.");
            }

            var header = new PackHeader(RandomId.Read(entry), kind, seal, BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]));
            packs[i] = new PackInfo(header, BinaryPrimitives.ReadInt64LittleEndian(entry[24..]));
        }

        return packs;
    }

    static HashSet<RandomId> ReadSuperseded(ReadOnlySpan<byte> bytes, int packs, int count)
    {
        var superseded = new HashSet<RandomId>(count);
        for (var i = 0; i < count; i++)
        {
            superseded.Add(RandomId.Read(bytes[(SegmentLayout.HeaderLength + (packs * SegmentLayout.PackLength) + (i * RandomId.Size))..]));
        }

        return superseded;
    }

    ulong FirstOf(ReadOnlySpan<byte> bytes, int block) =>
        BinaryPrimitives.ReadUInt64BigEndian(bytes[(_blockTable + (block * SegmentLayout.BlockEntryLength))..]);

    /// <summary>The last block that begins before the prefix, or 0.</summary>
    int FindBlock(ReadOnlySpan<byte> bytes, ulong prefix)
    {
        var (low, high) = (0, _blockStates.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (FirstOf(bytes, middle) < prefix)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return Math.Max(0, low - 1);
    }

    bool IsProved(ReadOnlySpan<byte> bytes, int block)
    {
        if (_blockStates[block] == 0)
        {
            Span<byte> hash = stackalloc byte[32];
            SegmentLayout.HashBlock(_key, bytes.Slice(8, RandomId.Size), block, BlockContent(bytes, block), hash);
            var expected = bytes.Slice(_blockTable + (block * SegmentLayout.BlockEntryLength) + 8, 32);
            _blockStates[block] = hash.SequenceEqual(expected) ? (byte)1 : (byte)2;
        }

        return _blockStates[block] == 1;
    }

    ReadOnlySpan<byte> BlockContent(ReadOnlySpan<byte> bytes, int block)
    {
        var first = block * SegmentLayout.RecordsPerBlock;
        var count = Math.Min(SegmentLayout.RecordsPerBlock, Count - first);
        return bytes.Slice(_records + (first * SegmentLayout.RecordLength), count * SegmentLayout.RecordLength);
    }

    /// <summary>The first record of a block, or the first after it, whose id is not below the given one.</summary>
    int LowerBound(ReadOnlySpan<byte> bytes, int block, ChunkId id)
    {
        var low = block * SegmentLayout.RecordsPerBlock;
        var high = Math.Min(Count, low + SegmentLayout.RecordsPerBlock);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = IdAt(bytes, middle) < id ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    ChunkId IdAt(ReadOnlySpan<byte> bytes, int record) => ChunkId.Read(bytes[(_records + (record * SegmentLayout.RecordLength))..]);

    IndexRecord ReadRecord(ReadOnlySpan<byte> bytes, int record)
    {
        var content = bytes.Slice(_records + (record * SegmentLayout.RecordLength), SegmentLayout.RecordLength);
        return new IndexRecord(
            ChunkId.Read(content), BinaryPrimitives.ReadInt32LittleEndian(content[32..]), BinaryPrimitives.ReadUInt32LittleEndian(content[36..]),
            BinaryPrimitives.ReadUInt32LittleEndian(content[40..]), BinaryPrimitives.ReadInt32LittleEndian(content[44..]));
    }
}
