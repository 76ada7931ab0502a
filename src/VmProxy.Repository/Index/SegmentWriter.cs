using System.Buffers.Binary;
using System.Security.Cryptography;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Index;

internal static class SegmentWriter
{
    /// <summary>Encodes new chunks, in any order, as a segment.</summary>
    public static byte[] Encode(RandomId id, List<NewChunk> chunks, PackList packs, byte[] indexKey)
    {
        chunks.Sort(static (left, right) => left.Id.CompareTo(right.Id));
        int[] used = [.. chunks.Select(chunk => chunk.Pack).Distinct().Order()];
        var ordinals = used.Select((pack, ordinal) => (pack, ordinal)).ToDictionary(pair => pair.pack, pair => pair.ordinal);
        var blocks = SegmentLayout.Blocks(chunks.Count);
        var blockTable = SegmentLayout.HeaderLength + (used.Length * SegmentLayout.PackLength);
        var records = blockTable + (blocks * SegmentLayout.BlockEntryLength) + 32;
        var bytes = new byte[checked(records + (chunks.Count * SegmentLayout.RecordLength))];

        WriteHeader(bytes, id, chunks.Count, used.Length);
        for (var i = 0; i < used.Length; i++)
        {
            WritePack(bytes.AsSpan(SegmentLayout.HeaderLength + (i * SegmentLayout.PackLength)), packs[used[i]]);
        }

        for (var i = 0; i < chunks.Count; i++)
        {
            WriteRecord(bytes.AsSpan(records + (i * SegmentLayout.RecordLength)), chunks[i], ordinals[chunks[i].Pack]);
        }

        for (var block = 0; block < blocks; block++)
        {
            var first = block * SegmentLayout.RecordsPerBlock;
            var count = Math.Min(SegmentLayout.RecordsPerBlock, chunks.Count - first);
            var content = bytes.AsSpan(records + (first * SegmentLayout.RecordLength), count * SegmentLayout.RecordLength);
            var entry = bytes.AsSpan(blockTable + (block * SegmentLayout.BlockEntryLength), SegmentLayout.BlockEntryLength);
            content[..8].CopyTo(entry);
            SegmentLayout.HashBlock(indexKey, bytes.AsSpan(8, RandomId.Size), block, content, entry[8..]);
        }

        HMACSHA256.HashData(indexKey, bytes.AsSpan(0, records - 32), bytes.AsSpan(records - 32));
        return bytes;
    }

    static void WriteHeader(Span<byte> bytes, RandomId id, int records, int packs)
    {
        SegmentLayout.Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[4..], SegmentLayout.Version);
        id.Write(bytes[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[24..], records);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[28..], packs);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[32..], SegmentLayout.RecordsPerBlock);
    }

    static void WritePack(Span<byte> entry, PackStream pack)
    {
        pack.Header.Id.Write(entry);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], pack.Header.Epoch);
        entry[20] = (byte)pack.Header.Kind;
        entry[21] = (byte)pack.Header.Seal;
        BinaryPrimitives.WriteInt64LittleEndian(entry[24..], pack.Length);
    }

    static void WriteRecord(Span<byte> record, NewChunk chunk, int pack)
    {
        chunk.Id.Write(record);
        BinaryPrimitives.WriteInt32LittleEndian(record[32..], pack);
        BinaryPrimitives.WriteUInt32LittleEndian(record[36..], chunk.Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(record[40..], chunk.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record[44..], chunk.ChunkLength);
    }
}
