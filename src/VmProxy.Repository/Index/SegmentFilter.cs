using System.Buffers.Binary;

namespace VmProxy.Repository.Index;

/// <summary>
/// A blocked Bloom filter over ids. Each id belongs to one line, a cache line of eight words, and sets one bit in each word. At 12 bits a
/// record one foreign id in some 200 passes. Ids are keyed hashes, so their own bits serve.
/// </summary>
internal static class SegmentFilter
{
    public const int LineLength = 64;
    public const int LinesPerBlock = 256;

    /// <summary>Added to the number of a block of lines where it is hashed, so that it is no block of records.</summary>
    public const uint BlockNumberBase = 1u << 31;

    const int BitsPerRecord = 12;

    // A filter of a few records would cost more than it saves.
    const int FewestRecords = 64;

    public static int LinesFor(int records) =>
        records < FewestRecords ? 0 : (int)((((long)records * BitsPerRecord) + (LineLength * 8) - 1) / (LineLength * 8));

    public static int Blocks(int lines) => (lines + LinesPerBlock - 1) / LinesPerBlock;

    public static int LineOf(ChunkId id, int lines) => (int)Math.BigMul(id.C, (ulong)lines, out _);

    public static void Add(Span<byte> line, ChunkId id)
    {
        for (var (word, bits) = (0, id.B); word < LineLength; word += sizeof(ulong), bits >>= 6)
        {
            var content = BinaryPrimitives.ReadUInt64LittleEndian(line[word..]) | (1UL << (int)(bits & 63));
            BinaryPrimitives.WriteUInt64LittleEndian(line[word..], content);
        }
    }

    /// <summary>False: the id was not added.</summary>
    public static bool MayContain(ReadOnlySpan<byte> line, ChunkId id)
    {
        for (var (word, bits) = (0, id.B); word < LineLength; word += sizeof(ulong), bits >>= 6)
        {
            if ((BinaryPrimitives.ReadUInt64LittleEndian(line[word..]) & (1UL << (int)(bits & 63))) == 0)
            {
                return false;
            }
        }

        return true;
    }
}
