using System.Buffers.Binary;
using System.Numerics;

namespace VmProxy.GuestFiles;

/// <summary>CRC-32C as XFS version 5 keeps it: little-endian inside of the structure that it covers, its own four bytes counted as zeros.</summary>
static class XfsChecksum
{
    /// <summary>Goes on with a sum; begin with <see cref="uint.MaxValue"/> and invert at the end.</summary>
    public static uint Update(uint sum, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var value in bytes)
        {
            sum = BitOperations.Crc32C(sum, value);
        }

        return sum;
    }

    /// <summary>The sum of a structure whose field for it lies at a byte offset.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes, int field)
    {
        var sum = Update(uint.MaxValue, bytes[..field]);
        sum = BitOperations.Crc32C(sum, 0u);
        return ~Update(sum, bytes[(field + sizeof(uint))..]);
    }

    public static bool IsRight(ReadOnlySpan<byte> bytes, int field) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[field..]) == Of(bytes, field);

    public static void Write(Span<byte> bytes, int field) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[field..], Of(bytes, field));
}
