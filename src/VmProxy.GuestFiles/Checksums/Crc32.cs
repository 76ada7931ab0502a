namespace VmProxy.GuestFiles;

/// <summary>The 32-bit cyclic redundancy check of IEEE 802.3, lowest bit first (polynomial 0xEDB88320), with whatever beginning and end a format gives it.</summary>
static class Crc32
{
    static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value => Entry((uint)value))];

    /// <summary>The check as GPT and most others write it: beginning and end inverted.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => ~Continue(uint.MaxValue, bytes);

    /// <summary>Goes on from a state; nothing is inverted.</summary>
    public static uint Continue(uint state, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            state = Table[(byte)(state ^ value)] ^ (state >> 8);
        }

        return state;
    }

    static uint Entry(uint value)
    {
        for (var bit = 0; bit < 8; bit++)
        {
            value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
        }

        return value;
    }
}
