using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>LZ77 with Huffman (MS-XCA 2.2), one block of up to 64 KiB as WOF keeps each chunk.</summary>
sealed class XpressHuffman
{
    const int Symbols = 512;
    const int LengthBytes = Symbols / 2;
    const int MinMatch = 3;

    readonly HuffmanTable _table = new(Symbols);

    /// <summary>Decompresses a chunk, which fills the target exactly.</summary>
    /// <returns>False when the bytes cannot be right.</returns>
    public bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (source.Length < LengthBytes || !TryReadTable(source[..LengthBytes]))
        {
            return false;
        }

        var reader = new WordBitReader(source[LengthBytes..]);
        for (var at = 0; at < target.Length;)
        {
            var symbol = _table.Read(ref reader);
            if (symbol < 0 || reader.IsOverrun)
            {
                return false;
            }

            if (symbol < 256)
            {
                target[at++] = (byte)symbol;
                continue;
            }

            // The bits of the distance are looked at before bytes are taken: the order decides which word comes first.
            reader.Ensure();
            var distanceBits = (symbol >> 4) & 0xF;
            var distance = (1 << distanceBits) | (int)reader.Peek(distanceBits);
            reader.Skip(distanceBits);
            var length = ReadLength(ref reader, symbol & 0xF) + MinMatch;
            if (!Matches.TryCopy(target, at, distance, length))
            {
                return false;
            }

            at += length;
        }

        return !reader.IsOverrun;
    }

    bool TryReadTable(ReadOnlySpan<byte> nibbles)
    {
        Span<byte> lengths = stackalloc byte[Symbols];
        for (var i = 0; i < nibbles.Length; i++)
        {
            lengths[i * 2] = (byte)(nibbles[i] & 0xF);
            lengths[(i * 2) + 1] = (byte)(nibbles[i] >> 4);
        }

        return _table.TryBuild(lengths);
    }

    static int ReadLength(ref WordBitReader reader, int length)
    {
        if (length < 15)
        {
            return length;
        }

        var more = reader.ReadByte();
        if (more < 255)
        {
            return 15 + more;
        }

        Span<byte> word = [(byte)reader.ReadByte(), (byte)reader.ReadByte()];
        return BinaryPrimitives.ReadUInt16LittleEndian(word);
    }
}
