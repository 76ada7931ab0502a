namespace VmProxy.GuestFiles;

/// <summary>A canonical Huffman code of up to 16 bits and 512 symbols. It may be incomplete: what has no symbol is an error only where it is met.</summary>
sealed class HuffmanTable(int symbols)
{
    const int MaxLength = 16;
    const int FastBits = 10;

    // Symbol in the upper twelve bits, length in the lower four; a length of 0 means that the code is longer, or none.
    readonly ushort[] _fast = new ushort[1 << FastBits];
    readonly ushort[] _sorted = new ushort[symbols];

    // Of each length: the first code behind its last one, with 16 bits, and where its symbols lie less its first code.
    readonly uint[] _limit = new uint[MaxLength + 1];
    readonly int[] _base = new int[MaxLength + 1];

    /// <summary>Makes the code of the lengths, one for each symbol, 0 for one that does not occur.</summary>
    /// <returns>False when there are more codes than bits can tell apart.</returns>
    public bool TryBuild(ReadOnlySpan<byte> lengths)
    {
        Span<int> counts = stackalloc int[MaxLength + 1];
        counts.Clear();
        foreach (var length in lengths)
        {
            counts[length]++;
        }

        counts[0] = 0;
        Span<int> next = stackalloc int[MaxLength + 1];
        var (code, index) = (0u, 0);
        for (var length = 1; length <= MaxLength; length++)
        {
            next[length] = index;
            _base[length] = index - (int)(code >> (MaxLength - length));
            code += (uint)counts[length] << (MaxLength - length);
            index += counts[length];
            _limit[length] = code;
        }

        if (code > 1u << MaxLength)
        {
            return false;
        }

        for (var symbol = 0; symbol < lengths.Length; symbol++)
        {
            if (lengths[symbol] != 0)
            {
                _sorted[next[lengths[symbol]]++] = (ushort)symbol;
            }
        }

        FillFast(lengths, index);
        return true;
    }

    /// <summary>Takes a symbol, or -1 for a code that has none.</summary>
    public int Read(ref WordBitReader reader)
    {
        reader.Ensure();
        var code = reader.Peek(MaxLength);
        var fast = _fast[code >> (MaxLength - FastBits)];
        if (fast != 0)
        {
            reader.Skip(fast & 0xF);
            return fast >> 4;
        }

        for (var length = FastBits + 1; length <= MaxLength; length++)
        {
            if (code < _limit[length])
            {
                reader.Skip(length);
                return _sorted[_base[length] + (int)(code >> (MaxLength - length))];
            }
        }

        return -1;
    }

    void FillFast(ReadOnlySpan<byte> lengths, int count)
    {
        var at = 0;
        foreach (var symbol in _sorted.AsSpan(0, count))
        {
            var length = lengths[symbol];
            if (length > FastBits)
            {
                break;
            }

            var places = 1 << (FastBits - length);
            _fast.AsSpan(at, places).Fill((ushort)((symbol << 4) | length));
            at += places;
        }

        _fast.AsSpan(at).Clear();
    }
}
