using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>Goes through the attributes of a record whose fixups have been applied, without allocating.</summary>
ref struct NtfsAttributes
{
    readonly ReadOnlySpan<byte> _record;
    int _next;
    NtfsAttribute _current;

    /// <summary>The attributes of a record.</summary>
    public NtfsAttributes(ReadOnlySpan<byte> record)
    {
        var used = BinaryPrimitives.ReadUInt32LittleEndian(record[0x18..]);
        IsDamaged = used > record.Length;
        _record = IsDamaged ? record : record[..(int)used];
        _next = BinaryPrimitives.ReadUInt16LittleEndian(record[0x14..]);
    }

    /// <summary>Where the current one begins in the record.</summary>
    public int Offset { get; private set; }

    /// <summary>Whether they end with something that cannot be right.</summary>
    public bool IsDamaged { get; private set; }

    public readonly NtfsAttribute Current => _current;

    public bool MoveNext()
    {
        if (_next > _record.Length - 4 || _next < 0x2A)
        {
            IsDamaged = true;
            return false;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(_record[_next..]) == NtfsAttributeType.End)
        {
            return false;
        }

        if (!NtfsAttribute.TryParse(_record, _next, out _current))
        {
            IsDamaged = true;
            return false;
        }

        Offset = _next;
        _next += _current.Length;
        return true;
    }
}
