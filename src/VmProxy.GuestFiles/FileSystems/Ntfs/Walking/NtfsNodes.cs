using System.Runtime.InteropServices;
using System.Text;

namespace VmProxy.GuestFiles;

/// <summary>All names of a volume in pieces that grow without being copied, and which directory holds which.</summary>
/// <param name="maxNames">Names that are kept, and a bound of memory with it: a record can hold dozens.</param>
sealed class NtfsNodes(uint maxNames)
{
    /// <summary>Half again as many as there can be records (<see cref="NtfsScan.MaxRecords"/>): few files have several names.</summary>
    public const uint MaxNames = 6_000_000;

    /// <summary>Pieces of names; far fewer than a place in them could number.</summary>
    const int MaxPieces = 512;

    const int NodeBits = 13;
    const int NodesOfPiece = 1 << NodeBits;
    const int NameBits = 20;
    const int NameBytesOfPiece = 1 << NameBits;
    const int MaxNameBytes = 2 + (255 * 2);

    readonly List<NtfsNode[]> _nodes = [];
    readonly List<byte[]> _names = [];
    int _nameNext = NameBytesOfPiece;
    uint[] _first = [];

    /// <summary>How many names there are.</summary>
    public uint Count { get; private set; }

    /// <summary>A name by its index.</summary>
    public ref readonly NtfsNode this[uint index] => ref At(index);

    /// <summary>Adds a file's name, whose value is sound; false where there are too many.</summary>
    public bool TryAdd(ReadOnlySpan<byte> fileName, NtfsReference reference, in NtfsFacts facts)
    {
        if (Count >= maxNames || (_names.Count == MaxPieces && _nameNext > NameBytesOfPiece - MaxNameBytes))
        {
            return false;
        }

        if (Count % NodesOfPiece == 0)
        {
            _nodes.Add(new NtfsNode[NodesOfPiece]);
        }

        ref var node = ref At(Count);
        node.Reference = reference;
        node.Parent = NtfsFileName.Parent(fileName);
        node.Facts = facts;
        node.Name = AddName(NtfsFileName.Name(fileName));
        Count++;
        return true;
    }

    /// <summary>Chains the names of each directory in the order in which they were added.</summary>
    /// <param name="records">The number behind the last record.</param>
    public void Link(long records)
    {
        _first = new uint[records];
        for (var index = Count; index > 0; index--)
        {
            ref var node = ref At(index - 1);
            if (node.Parent.Record < records)
            {
                ref var first = ref _first[node.Parent.Record];
                node.Next = first;
                first = index;
            }
        }
    }

    /// <summary>The first name in a directory: its index plus one, or 0.</summary>
    public uint FirstIn(long record) => record < _first.Length ? _first[record] : 0;

    /// <summary>The name as a string.</summary>
    public string NameOf(in NtfsNode node)
    {
        var bytes = _names[(int)(node.Name >> NameBits)].AsSpan((int)(node.Name & (NameBytesOfPiece - 1)));
        var length = bytes[0];
        return bytes[1] == 0 ? Encoding.Latin1.GetString(bytes.Slice(2, length)) : MemoryMarshal.Cast<byte, char>(bytes.Slice(2, length * 2)).ToString();
    }

    /// <summary>A length, whether letters take two bytes, and the letters.</summary>
    uint AddName(ReadOnlySpan<char> name)
    {
        if (_nameNext > NameBytesOfPiece - MaxNameBytes)
        {
            _names.Add(new byte[NameBytesOfPiece]);
            _nameNext = 0;
        }

        var at = _nameNext;
        var target = _names[^1].AsSpan(at);
        var isWide = name.ContainsAnyExceptInRange('\0', '\xFF');
        target[0] = (byte)name.Length;
        target[1] = isWide ? (byte)1 : (byte)0;
        if (isWide)
        {
            MemoryMarshal.AsBytes(name).CopyTo(target[2..]);
        }
        else
        {
            Encoding.Latin1.GetBytes(name, target[2..]);
        }

        _nameNext += 2 + (isWide ? name.Length * 2 : name.Length);
        return (uint)(((_names.Count - 1) << NameBits) | at);
    }

    ref NtfsNode At(uint index) => ref _nodes[(int)(index >> NodeBits)][index & (NodesOfPiece - 1)];
}
