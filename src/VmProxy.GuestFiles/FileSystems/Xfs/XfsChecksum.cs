using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>CRC-32C as XFS version 5 keeps it: little-endian inside of the structure that it covers, its own four bytes counted as zeros.</summary>
static class XfsChecksum
{
    /// <summary>The sum of a structure whose field for it lies at a byte offset.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes, int field)
    {
        var sum = Crc32C.Continue(uint.MaxValue, bytes[..field]);
        sum = Crc32C.Continue(sum, 0u);
        return ~Crc32C.Continue(sum, bytes[(field + sizeof(uint))..]);
    }

    public static bool IsRight(ReadOnlySpan<byte> bytes, int field) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[field..]) == Of(bytes, field);

    public static void Write(Span<byte> bytes, int field) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[field..], Of(bytes, field));
}
