using System.Buffers.Binary;
using System.Numerics;

namespace VmProxy.GuestFiles;

/// <summary>CRC-32C as Linux's file systems go on with it: a state that nothing has inverted. Where it begins, and whether it is inverted at the end, each format says.</summary>
static class Crc32C
{
    /// <summary>Goes on from a state.</summary>
    public static uint Continue(uint state, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var value in bytes)
        {
            state = BitOperations.Crc32C(state, value);
        }

        return state;
    }

    /// <summary>Goes on with a number as it lies on the disk, little-endian.</summary>
    public static uint Continue(uint state, uint value) => BitOperations.Crc32C(state, value);

    /// <summary>Goes on with <paramref name="count"/> bytes of zero, which stand for the checksum's own field.</summary>
    public static uint ContinueZeros(uint state, int count)
    {
        Span<byte> zeros = stackalloc byte[count];
        zeros.Clear();
        return Continue(state, zeros);
    }
}
