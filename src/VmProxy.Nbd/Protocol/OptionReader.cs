using System.Buffers.Binary;
using System.Text;

namespace VmProxy.Nbd.Protocol;

/// <summary>Reads the data of an option; each attempt is false where the data is too short or not what it should be.</summary>
ref struct OptionReader(ReadOnlySpan<byte> data)
{
    ReadOnlySpan<byte> _rest = data;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public bool TryReadCount(out uint value)
    {
        value = 0;
        if (_rest.Length < sizeof(uint))
        {
            return false;
        }

        value = BinaryPrimitives.ReadUInt32BigEndian(_rest);
        _rest = _rest[sizeof(uint)..];
        return true;
    }

    public bool TryReadShort(out ushort value)
    {
        value = 0;
        if (_rest.Length < sizeof(ushort))
        {
            return false;
        }

        value = BinaryPrimitives.ReadUInt16BigEndian(_rest);
        _rest = _rest[sizeof(ushort)..];
        return true;
    }

    /// <summary>A length, then as many bytes of UTF-8.</summary>
    public bool TryReadString(out string value)
    {
        value = "";
        if (!TryReadCount(out var length) || length > Limits.MaxString || length > _rest.Length)
        {
            return false;
        }

        value = Encoding.UTF8.GetString(_rest[..(int)length]);
        _rest = _rest[(int)length..];
        return true;
    }
}
