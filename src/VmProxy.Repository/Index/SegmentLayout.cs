using System.Buffers.Binary;
using System.Security.Cryptography;

namespace VmProxy.Repository.Index;

/// <summary>Offsets and sizes of an index segment (docs/FORMAT.md, "Index segments").</summary>
internal static class SegmentLayout
{
    public const ushort Version = 1;
    public const int HeaderLength = 64;
    public const int PackLength = 32;
    public const int BlockEntryLength = 8 + 32;
    public const int RecordLength = ChunkId.Size + 16;
    public const int RecordsPerBlock = 1024;

    public static ReadOnlySpan<byte> Magic => "VMPI"u8;

    public static int Blocks(int records) => (records + RecordsPerBlock - 1) / RecordsPerBlock;

    /// <summary>What a block's entry in the table proves: these bytes, in this place of this segment.</summary>
    public static void HashBlock(byte[] key, ReadOnlySpan<byte> segmentId, int block, ReadOnlySpan<byte> records, Span<byte> hash)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(number, block);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(segmentId);
        hmac.AppendData(number);
        hmac.AppendData(records);
        hmac.GetHashAndReset(hash);
    }
}
