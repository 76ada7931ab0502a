using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VmProxy.GuestFiles;

/// <summary>One attribute of an MFT record, or one part of an attribute that is spread over several; its lengths and offsets have been checked.</summary>
readonly ref struct NtfsAttribute
{
    const int ResidentHeader = 24;
    const int NonResidentHeader = 64;

    readonly ReadOnlySpan<byte> _bytes;

    NtfsAttribute(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public uint Type => BinaryPrimitives.ReadUInt32LittleEndian(_bytes);

    public int Length => _bytes.Length;

    public bool IsResident => _bytes[8] == 0;

    public bool HasName => _bytes[9] != 0;

    /// <summary>The name in UTF-16; empty for none, wherever that is said to lie.</summary>
    public ReadOnlySpan<char> Name => !HasName ? [] : MemoryMarshal.Cast<byte, char>(_bytes.Slice(Word(10), _bytes[9] * 2));

    public bool IsCompressed => (Word(12) & 0xFF) != 0;

    public bool IsEncrypted => (Word(12) & 0x4000) != 0;

    /// <summary>The value of a resident one.</summary>
    public ReadOnlySpan<byte> Value => _bytes.Slice(Word(20), (int)BinaryPrimitives.ReadUInt32LittleEndian(_bytes[16..]));

    /// <summary>First cluster of a non-resident one that this part maps; 0 for a resident one.</summary>
    public long LowestVcn => IsResident ? 0 : Number(16);

    public long HighestVcn => Number(24);

    public ReadOnlySpan<byte> Runs => _bytes[Word(32)..];

    /// <summary>Clusters of a compression unit as a power of two.</summary>
    public int CompressionUnit => _bytes[34];

    /// <summary>Bytes of the value. For a non-resident one only the part that begins at cluster 0 tells it.</summary>
    public long DataSize => IsResident ? BinaryPrimitives.ReadUInt32LittleEndian(_bytes[16..]) : Number(48);

    /// <summary>Bytes that were ever written; those behind are zeros.</summary>
    public long InitializedSize => Number(56);

    /// <summary>The attribute at a place in a record, or false when it cannot be right. The record's end is where its used bytes end.</summary>
    public static bool TryParse(ReadOnlySpan<byte> record, int offset, out NtfsAttribute attribute)
    {
        attribute = default;
        if (offset > record.Length - ResidentHeader)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(record[(offset + 4)..]);
        if (length < ResidentHeader || length > record.Length - offset || (length & 7) != 0)
        {
            return false;
        }

        var parsed = new NtfsAttribute(record.Slice(offset, (int)length));
        if (!parsed.IsSound())
        {
            return false;
        }

        attribute = parsed;
        return true;
    }

    bool IsSound()
    {
        if (HasName && Word(10) + (_bytes[9] * 2) > _bytes.Length)
        {
            return false;
        }

        if (IsResident)
        {
            return Word(20) + (long)BinaryPrimitives.ReadUInt32LittleEndian(_bytes[16..]) <= _bytes.Length;
        }

        return _bytes.Length >= NonResidentHeader && Word(32) >= NonResidentHeader && Word(32) <= _bytes.Length
            && LowestVcn >= 0 && HighestVcn >= LowestVcn - 1 && (LowestVcn > 0 || (DataSize >= 0 && InitializedSize >= 0));
    }

    ushort Word(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[offset..]);

    long Number(int offset) => BinaryPrimitives.ReadInt64LittleEndian(_bytes[offset..]);
}
