using System.Security.Cryptography;

namespace VmProxy.Repository.Index;

/// <summary>Offsets and sizes of an index segment (docs/FORMAT.md, "Index segments").</summary>
internal static class SegmentLayout
{
    public const ushort Version = 1;
    public const int HeaderLength = 64;
    public const int FooterLength = 64;
    public const int SealLength = 32;
    public const int PackLength = 32;
    public const int BlockEntryLength = 8 + SealLength;
    public const int RecordLength = ChunkId.Size + 16;
    public const int RecordsPerBlock = 1024;

    /// <summary>Records that fit into 2 GiB with their filter and their packs of 32 MiB.</summary>
    public const int MaxRecords = 40_000_000;

    public static ReadOnlySpan<byte> Magic => "VMPI"u8;

    public static int Blocks(int records) => (int)(((long)records + RecordsPerBlock - 1) / RecordsPerBlock);

    /// <summary>Where the filter begins: after the records, on a cache line.</summary>
    public static long FilterOffset(int records) => (HeaderLength + ((long)records * RecordLength) + SegmentFilter.LineLength - 1) & ~(SegmentFilter.LineLength - 1L);

    /// <summary>What the tables say of a block of records, or of lines of the filter: these bytes, in this place of this segment.</summary>
    public static void HashBlock(byte[] key, ReadOnlySpan<byte> segmentId, uint number, ReadOnlySpan<byte> content, Span<byte> hash)
    {
        Span<byte> place = stackalloc byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(place, number);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(segmentId);
        hmac.AppendData(place);
        hmac.AppendData(content);
        hmac.GetHashAndReset(hash);
    }
}
