using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// LZX as WIM files and WOF use it: chunks of 32 KiB that know nothing of each other, blocks whose size is 32 KiB or told in 16 bits, and calls of x86 programs always
/// translated. Facts: Microsoft's LZX documents (MS-PATCH 2, the CAB SDK) and wimlib's notes on what WIM does differently.
/// </summary>
sealed class Lzx
{
    const int DefaultBlock = 32768;
    const int Slots = 30;
    const int MainSymbols = 256 + (Slots * 8);
    const int LengthSymbols = 249;
    const int PreSymbols = 20;
    const int AlignedSymbols = 8;

    readonly HuffmanTable _main = new(MainSymbols);
    readonly HuffmanTable _length = new(LengthSymbols);
    readonly HuffmanTable _aligned = new(AlignedSymbols);
    readonly HuffmanTable _pre = new(PreSymbols);
    readonly byte[] _mainLengths = new byte[MainSymbols];
    readonly byte[] _lengthLengths = new byte[LengthSymbols];
    readonly int[] _recent = new int[3];

    /// <summary>Decompresses a chunk, which fills the target exactly.</summary>
    /// <returns>False when the bytes cannot be right.</returns>
    public bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        Array.Clear(_mainLengths);
        Array.Clear(_lengthLengths);
        _recent.AsSpan().Fill(1);
        var reader = new WordBitReader(source);
        for (var at = 0; at < target.Length;)
        {
            var kind = reader.Read(3);
            var size = reader.Read(1) != 0 ? DefaultBlock : (int)reader.Read(16);
            if (size == 0 || size > target.Length - at || reader.IsOverrun)
            {
                return false;
            }

            var isSound = kind switch
            {
                1 or 2 => TryReadCodes(ref reader, isAligned: kind == 2) && TryBlock(ref reader, target[..(at + size)], at, isAligned: kind == 2),
                3 => TryPlain(ref reader, target.Slice(at, size)),
                _ => false,
            };
            if (!isSound)
            {
                return false;
            }

            at += size;
        }

        LzxCalls.Restore(target);
        return true;
    }

    /// <summary>A block that is kept as it is; the recent distances come before it.</summary>
    bool TryPlain(ref WordBitReader reader, Span<byte> target)
    {
        Span<byte> number = stackalloc byte[4];
        reader.Align();
        for (var i = 0; i < _recent.Length; i++)
        {
            if (!reader.TryReadBytes(number))
            {
                return false;
            }

            _recent[i] = BinaryPrimitives.ReadInt32LittleEndian(number);
        }

        if (!reader.TryReadBytes(target))
        {
            return false;
        }

        if ((target.Length & 1) != 0)
        {
            reader.ReadByte();
        }

        return true;
    }

    bool TryReadCodes(ref WordBitReader reader, bool isAligned)
    {
        if (isAligned)
        {
            Span<byte> lengths = stackalloc byte[AlignedSymbols];
            for (var i = 0; i < AlignedSymbols; i++)
            {
                lengths[i] = (byte)reader.Read(3);
            }

            if (!_aligned.TryBuild(lengths))
            {
                return false;
            }
        }

        return TryReadLengths(ref reader, _mainLengths.AsSpan(0, 256)) && TryReadLengths(ref reader, _mainLengths.AsSpan(256))
            && TryReadLengths(ref reader, _lengthLengths) && _main.TryBuild(_mainLengths) && _length.TryBuild(_lengthLengths);
    }

    /// <summary>Lengths of codes, told as differences to those of the block before, by a code of their own.</summary>
    bool TryReadLengths(ref WordBitReader reader, Span<byte> lengths)
    {
        Span<byte> pre = stackalloc byte[PreSymbols];
        for (var i = 0; i < PreSymbols; i++)
        {
            pre[i] = (byte)reader.Read(4);
        }

        if (!_pre.TryBuild(pre))
        {
            return false;
        }

        for (var i = 0; i < lengths.Length;)
        {
            var symbol = _pre.Read(ref reader);
            var run = symbol switch
            {
                17 => (int)reader.Read(4) + 4,
                18 => (int)reader.Read(5) + 20,
                19 => (int)reader.Read(1) + 4,
                _ => 1,
            };
            var repeated = symbol == 19 ? _pre.Read(ref reader) : symbol;
            if (repeated < 0 || (symbol == 19 && repeated > 16) || reader.IsOverrun)
            {
                return false;
            }

            var length = symbol is 17 or 18 ? (byte)0 : (byte)((lengths[i] - repeated + 17) % 17);
            // The last run may tell more than is left.
            run = Math.Min(run, lengths.Length - i);
            lengths.Slice(i, run).Fill(length);
            i += run;
        }

        return true;
    }

    /// <summary>A block of literals and matches. The target ends where the block does.</summary>
    bool TryBlock(ref WordBitReader reader, Span<byte> target, int at, bool isAligned)
    {
        while (at < target.Length)
        {
            var symbol = _main.Read(ref reader);
            if (symbol < 0 || reader.IsOverrun)
            {
                return false;
            }

            if (symbol < 256)
            {
                target[at++] = (byte)symbol;
                continue;
            }

            var length = (symbol & 7) + 2;
            if ((symbol & 7) == 7)
            {
                var more = _length.Read(ref reader);
                if (more < 0)
                {
                    return false;
                }

                length += more;
            }

            var distance = ReadDistance(ref reader, (symbol - 256) >> 3, isAligned);
            if (!Matches.TryCopy(target, at, distance, length))
            {
                return false;
            }

            at += length;
        }

        return true;
    }

    int ReadDistance(ref WordBitReader reader, int slot, bool isAligned)
    {
        if (slot < 3)
        {
            // One of the three recent ones comes to the front in exchange.
            (_recent[0], _recent[slot]) = (_recent[slot], _recent[0]);
            return _recent[0];
        }

        var bits = slot < 4 ? 0 : (slot / 2) - 1;
        var start = slot < 4 ? slot : (2 + (slot & 1)) << bits;
        int rest;
        if (isAligned && bits >= 3)
        {
            rest = (int)reader.Read(bits - 3) << 3;
            var low = _aligned.Read(ref reader);
            if (low < 0)
            {
                return -1;
            }

            rest += low;
        }
        else
        {
            rest = (int)reader.Read(bits);
        }

        (_recent[2], _recent[1], _recent[0]) = (_recent[1], _recent[0], start + rest - 2);
        return _recent[0];
    }
}
