using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// Encoders of LZX replace the relative target of what looks like a call of x86 (byte E8) by an absolute one, since it repeats more often. WIM does so in each chunk, as
/// if the file had 12,000,000 bytes.
/// </summary>
static class LzxCalls
{
    const int FileSize = 12_000_000;
    const int Tail = 10;

    /// <summary>Puts the relative targets back.</summary>
    public static void Restore(Span<byte> chunk)
    {
        for (var at = 0; at < chunk.Length - Tail;)
        {
            var found = chunk[at..(chunk.Length - Tail)].IndexOf((byte)0xE8);
            if (found < 0)
            {
                return;
            }

            at += found;
            var target = chunk.Slice(at + 1, 4);
            var absolute = BinaryPrimitives.ReadInt32LittleEndian(target);
            if (absolute >= 0 ? absolute < FileSize : absolute >= -at)
            {
                BinaryPrimitives.WriteInt32LittleEndian(target, absolute >= 0 ? absolute - at : absolute + FileSize);
            }

            at += 5;
        }
    }
}
