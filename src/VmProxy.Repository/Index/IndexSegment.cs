using System.Buffers.Binary;
using System.Security.Cryptography;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Index;

/// <summary>
/// A sorted, immutable part of the index. Its head is proved when it is opened, each block of records when it is first touched.
/// </summary>
internal sealed class IndexSegment : IDisposable
{
    readonly string _name;
    readonly ObjectView _view;
    readonly byte[] _key;
    readonly PackInfo[] _packs;
    readonly int _blockTable;
    readonly int _records;

    // One byte a block: 0 unknown, 1 proved, 2 damaged. Racing threads compute the same answer.
    readonly byte[] _blockStates;

    IndexSegment(string name, ObjectView view, byte[] key, PackInfo[] packs, HashSet<RandomId> superseded, int count)
    {
        (_name, _view, _key, _packs, Superseded, Count) = (name, view, key, packs, superseded, count);
        _blockTable = SegmentLayout.HeaderLength + (packs.Length * SegmentLayout.PackLength) + (superseded.Count * RandomId.Size);
        _blockStates = new byte[SegmentLayout.Blocks(count)];
        _records = _blockTable + (_blockStates.Length * SegmentLayout.BlockEntryLength) + 32;
    }

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

    public bool TryFind(ChunkId id, out ChunkLocation location)
    {
        location = default;
        var bytes = _view.Bytes;
        var block = FindBlock(bytes, id.A);
        if (block < 0)
        {
            return false;
        }

        // Ids that share their first eight bytes may begin in an earlier block.
        for (; block >= 0; block--)
        {
            if (IsProved(bytes, block) && TryFindInBlock(bytes, block, id, out location))
            {
                return true;
            }

            if (FirstOf(bytes, block) < id.A)
            {
                return false;
            }
        }

        return false;
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

    public override string ToString() => _name;

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

    /// <summary>The last block that begins at or before the prefix, or -1.</summary>
    int FindBlock(ReadOnlySpan<byte> bytes, ulong prefix)
    {
        var (low, high) = (0, _blockStates.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (FirstOf(bytes, middle) <= prefix)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
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

    bool TryFindInBlock(ReadOnlySpan<byte> bytes, int block, ChunkId id, out ChunkLocation location)
    {
        var content = BlockContent(bytes, block);
        var (low, high) = (0, content.Length / SegmentLayout.RecordLength);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            var record = content[(middle * SegmentLayout.RecordLength)..];
            var order = ChunkId.Read(record).CompareTo(id);
            if (order == 0)
            {
                location = new ChunkLocation(
                    _packs[BinaryPrimitives.ReadInt32LittleEndian(record[32..])], BinaryPrimitives.ReadUInt32LittleEndian(record[36..]),
                    BinaryPrimitives.ReadUInt32LittleEndian(record[40..]), BinaryPrimitives.ReadInt32LittleEndian(record[44..]));
                return true;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle);
        }

        location = default;
        return false;
    }
}
