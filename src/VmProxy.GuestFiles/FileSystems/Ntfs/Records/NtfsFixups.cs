using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VmProxy.GuestFiles;

/// <summary>
/// The update sequence of NTFS's multi-sector structures: the last two bytes of every 512 hold a number that changes with each write, and the bytes that belong there
/// lie in an array at the structure's head. A structure that was written in part only shows by it.
/// </summary>
static class NtfsFixups
{
    const int Stride = 512;

    /// <summary>Puts the bytes back that belong at the end of each 512, or returns false when the structure is not whole.</summary>
    public static bool TryApply(Span<byte> block)
    {
        var offset = BinaryPrimitives.ReadUInt16LittleEndian(block[4..]);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(block[6..]);
        if (count != (block.Length / Stride) + 1 || (offset & 1) != 0 || offset + (count * 2) > Stride - 2)
        {
            return false;
        }

        var numbers = MemoryMarshal.Cast<byte, ushort>(block.Slice(offset, count * 2));
        for (var i = 1; i < count; i++)
        {
            var end = MemoryMarshal.Cast<byte, ushort>(block.Slice((i * Stride) - 2, 2));
            if (end[0] != numbers[0])
            {
                return false;
            }

            end[0] = numbers[i];
        }

        return true;
    }
}
