using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>The entries of one node of a directory's B+ tree, gone through without allocating. They begin behind the node's header.</summary>
ref struct NtfsIndexNode
{
    const int EntryHead = 16;
    const ushort HasChild = 1;
    const ushort IsLast = 2;

    readonly ReadOnlySpan<byte> _entries;
    int _next;
    bool _isEnded;

    /// <summary>The node whose header begins the bytes; the header's offsets count from there.</summary>
    public NtfsIndexNode(ReadOnlySpan<byte> header)
    {
        var offset = header.Length < 16 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(header);
        var length = header.Length < 16 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        IsDamaged = offset > length || length > header.Length;
        _entries = IsDamaged ? default : header[(int)offset..(int)length];
    }

    /// <summary>Whether the entries end with something that cannot be right.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Whether the current entry only ends the node: it has no name, but it may have a child.</summary>
    public readonly bool IsEnd => _isEnded;

    /// <summary>The file that the current entry names.</summary>
    public readonly NtfsReference Reference => new(BinaryPrimitives.ReadUInt64LittleEndian(Current));

    /// <summary>The file name of the current entry.</summary>
    public readonly ReadOnlySpan<byte> Key => Current.Slice(EntryHead, BinaryPrimitives.ReadUInt16LittleEndian(Current[10..]));

    /// <summary>The block of the names before the current entry, or null.</summary>
    public readonly long? Child =>
        (BinaryPrimitives.ReadUInt16LittleEndian(Current[12..]) & HasChild) != 0 ? BinaryPrimitives.ReadInt64LittleEndian(Current[^8..]) : null;

    ReadOnlySpan<byte> Current { get; set; }

    /// <summary>Goes to the next entry, the one that ends the node being the last.</summary>
    public bool MoveNext()
    {
        if (_isEnded || IsDamaged)
        {
            return false;
        }

        if (_next > _entries.Length - EntryHead)
        {
            IsDamaged = true;
            return false;
        }

        var entry = _entries[_next..];
        var length = BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]);
        var keyLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]);
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(entry[12..]);
        var child = (flags & HasChild) != 0 ? 8 : 0;
        if (length > entry.Length || length < EntryHead + child || ((flags & IsLast) == 0 && (length < EntryHead + keyLength + child || !NtfsFileName.IsSound(entry.Slice(EntryHead, keyLength)))))
        {
            IsDamaged = true;
            return false;
        }

        Current = entry[..length];
        _next += length;
        _isEnded = (flags & IsLast) != 0;
        return true;
    }
}
