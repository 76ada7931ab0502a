using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// The bits of XPRESS Huffman and LZX: words of 16 bits, little-endian, the high bit first; whole bytes lie between the words. Behind the end it reads zeros, and
/// <see cref="IsOverrun"/> tells.
/// </summary>
ref struct WordBitReader(ReadOnlySpan<byte> source)
{
    readonly ReadOnlySpan<byte> _source = source;
    uint _bits;
    int _count;
    int _next;

    /// <summary>Whether more was taken than there is. A word that was only looked at does not count.</summary>
    public readonly bool IsOverrun => (_next * 8L) - _count > (_source.Length * 8L) + 8;

    /// <summary>Makes sure of 16 bits, as the encoders assume: it decides where bytes between the words lie.</summary>
    public void Ensure()
    {
        if (_count < 16)
        {
            var word = _next <= _source.Length - 2 ? BinaryPrimitives.ReadUInt16LittleEndian(_source[_next..])
                : _next < _source.Length ? _source[_next]
                : 0u;
            _next += 2;
            _bits |= word << (16 - _count);
            _count += 16;
        }
    }

    /// <summary>The next bits, at most 16, without taking them.</summary>
    public readonly uint Peek(int count) => count == 0 ? 0 : _bits >> (32 - count);

    /// <summary>Takes bits that have been looked at.</summary>
    public void Skip(int count)
    {
        _bits <<= count;
        _count -= count;
    }

    /// <summary>Takes up to 16 bits.</summary>
    public uint Read(int count)
    {
        Ensure();
        var bits = Peek(count);
        Skip(count);
        return bits;
    }

    /// <summary>Takes a whole byte from between the words.</summary>
    public int ReadByte()
    {
        var value = _next < _source.Length ? _source[_next] : 0;
        _next++;
        return value;
    }

    /// <summary>Goes to the next word's beginning; from a word's beginning to that of the one after.</summary>
    public void Align()
    {
        Ensure();
        // The word that holds the next bit is given up; a second one that was read ahead is not.
        _next -= _count > 16 ? 2 : 0;
        (_bits, _count) = (0, 0);
    }

    /// <summary>Takes whole bytes; only after <see cref="Align"/>.</summary>
    public bool TryReadBytes(scoped Span<byte> target)
    {
        if (_next > _source.Length - target.Length)
        {
            return false;
        }

        _source.Slice(_next, target.Length).CopyTo(target);
        _next += target.Length;
        return true;
    }
}
