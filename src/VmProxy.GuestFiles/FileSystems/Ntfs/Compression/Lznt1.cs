using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>LZNT1 (MS-XCA 2.5): chunks of 4 KiB, each kept as it is or as literals and matches within the chunk.</summary>
static class Lznt1
{
    const int ChunkSize = 4096;
    const int IsCompressed = 0x8000;
    const int LengthMask = 0xFFF;

    /// <summary>Decompresses a unit. What its chunks do not fill is zeros.</summary>
    /// <returns>False when the bytes cannot be right.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        Span<byte> scratch = stackalloc byte[ChunkSize];
        while (!target.IsEmpty)
        {
            if (source.Length < 2 || BinaryPrimitives.ReadUInt16LittleEndian(source) is var head && head == 0)
            {
                // The end is a zero, or that of the clusters.
                target.Clear();
                return true;
            }

            var length = (head & LengthMask) + 1;
            if (length > source.Length - 2)
            {
                return false;
            }

            // The last chunk can hold more than the file does.
            var size = Math.Min(ChunkSize, target.Length);
            var chunk = size == ChunkSize ? target[..size] : scratch;
            if (!TryChunk(source.Slice(2, length), chunk, (head & IsCompressed) != 0))
            {
                return false;
            }

            chunk[..size].CopyTo(target);
            source = source[(2 + length)..];
            target = target[size..];
        }

        return true;
    }

    static bool TryChunk(ReadOnlySpan<byte> source, Span<byte> target, bool isCompressed)
    {
        if (isCompressed)
        {
            return TryTokens(source, target);
        }

        if (source.Length > target.Length)
        {
            return false;
        }

        source.CopyTo(target);
        target[source.Length..].Clear();
        return true;
    }

    static bool TryTokens(ReadOnlySpan<byte> source, Span<byte> target)
    {
        var (from, to) = (0, 0);
        while (from < source.Length)
        {
            int flags = source[from++];
            for (var bit = 0; bit < 8 && from < source.Length; bit++, flags >>= 1)
            {
                if (to == target.Length)
                {
                    return false;
                }

                if ((flags & 1) == 0)
                {
                    target[to++] = source[from++];
                    continue;
                }

                if (from + 2 > source.Length || to == 0)
                {
                    return false;
                }

                // The further into the chunk, the more bits tell the distance and the fewer the length.
                var token = BinaryPrimitives.ReadUInt16LittleEndian(source[from..]);
                var lengthBits = 12 - Math.Max(0, 32 - int.LeadingZeroCount(to - 1) - 4);
                var distance = (token >> lengthBits) + 1;
                var length = (token & ((1 << lengthBits) - 1)) + 3;
                from += 2;
                if (!Matches.TryCopy(target, to, distance, length))
                {
                    return false;
                }

                to += length;
            }
        }

        target[to..].Clear();
        return true;
    }
}
