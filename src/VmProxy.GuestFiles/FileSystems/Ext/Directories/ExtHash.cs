using System.Numerics;

namespace VmProxy.GuestFiles;

/// <summary>
/// The hashes by which directories are indexed: a short sum of its own, and the compressions of MD4 (cut to eight words) and of TEA, keyed by the file system's seed. Their
/// definition is fs/ext4/hash.c of Linux.
/// </summary>
static class ExtHash
{
    public const int Legacy = 0;
    public const int HalfMd4 = 1;
    public const int Tea = 2;

    /// <summary>Added to a version, it takes names as unsigned characters.</summary>
    public const int Unsigned = 3;

    /// <summary>The mark of a directory's end, which no name may have.</summary>
    const uint EndMark = 0xFFFF_FFFE;

    const int HalfMd4Words = 8;
    const int TeaWords = 4;

    /// <summary>The hash of a name, whose last bit is always 0, and the minor hash.</summary>
    public static bool TryCompute(int version, ReadOnlySpan<byte> seed, ReadOnlySpan<byte> name, out uint hash, out uint minor)
    {
        var isUnsigned = version >= Unsigned;
        Span<uint> state = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476];
        if (seed.ContainsAnyExcept((byte)0))
        {
            for (var i = 0; i < state.Length; i++)
            {
                state[i] = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(seed[(i * sizeof(uint))..]);
            }
        }

        (hash, minor) = (0, 0);
        switch (isUnsigned ? version - Unsigned : version)
        {
            case Legacy:
                hash = LegacySum(name, isUnsigned);
                break;
            case HalfMd4:
                Absorb(state, name, isUnsigned, HalfMd4Words, MixHalfMd4);
                (hash, minor) = (state[1], state[2]);
                break;
            case Tea:
                Absorb(state, name, isUnsigned, TeaWords, MixTea);
                (hash, minor) = (state[0], state[1]);
                break;
            default:
                return false;
        }

        hash &= ~1u;
        hash = hash == EndMark ? EndMark - 2 : hash;
        return true;
    }

    delegate void Mix(Span<uint> state, ReadOnlySpan<uint> words);

    static void Absorb(Span<uint> state, ReadOnlySpan<byte> name, bool isUnsigned, int count, Mix mix)
    {
        Span<uint> words = stackalloc uint[count];
        do
        {
            Fill(words, name, isUnsigned);
            mix(state, words);
            name = name.Length > count * sizeof(uint) ? name[(count * sizeof(uint))..] : [];
        }
        while (!name.IsEmpty);
    }

    /// <summary>Packs characters into words, most significant first; what is left over is filled with the length that remained.</summary>
    static void Fill(Span<uint> words, ReadOnlySpan<byte> name, bool isUnsigned)
    {
        var filler = (uint)name.Length * 0x0101_0101;
        words.Fill(filler);
        var count = Math.Min(name.Length, words.Length * sizeof(uint));
        var word = filler;
        for (var i = 0; i < count; i++)
        {
            word = Character(name[i], isUnsigned) + (word << 8);
            if (i % sizeof(uint) == 3 || i == count - 1)
            {
                words[i / sizeof(uint)] = word;
                word = i % sizeof(uint) == 3 ? filler : word;
            }
        }
    }

    static uint Character(byte value, bool isUnsigned) => isUnsigned ? value : (uint)(sbyte)value;

    static uint LegacySum(ReadOnlySpan<byte> name, bool isUnsigned)
    {
        var (last, before) = (0x12A3_FE2Du, 0x37AB_E8F9u);
        foreach (var value in name)
        {
            var next = before + (last ^ (Character(value, isUnsigned) * 7_152_373));
            next = (next & 0x8000_0000) != 0 ? next - 0x7FFF_FFFF : next;
            (before, last) = (last, next);
        }

        return last << 1;
    }

    static void MixTea(Span<uint> state, ReadOnlySpan<uint> words)
    {
        const uint Delta = 0x9E37_79B9;
        const int Rounds = 16;
        var (left, right, sum) = (state[0], state[1], 0u);
        for (var round = 0; round < Rounds; round++)
        {
            sum += Delta;
            left += ((right << 4) + words[0]) ^ (right + sum) ^ ((right >> 5) + words[1]);
            right += ((left << 4) + words[2]) ^ (left + sum) ^ ((left >> 5) + words[3]);
        }

        state[0] += left;
        state[1] += right;
    }

    static void MixHalfMd4(Span<uint> state, ReadOnlySpan<uint> words)
    {
        ReadOnlySpan<int> order = [0, 1, 2, 3, 4, 5, 6, 7, 1, 3, 5, 7, 0, 2, 4, 6, 3, 7, 2, 6, 1, 5, 0, 4];
        ReadOnlySpan<int> turns = [3, 7, 11, 19, 3, 5, 9, 13, 3, 9, 11, 15];
        ReadOnlySpan<uint> added = [0, 0x5A82_7999, 0x6ED9_EBA1];
        var (a, b, c, d) = (state[0], state[1], state[2], state[3]);
        for (var step = 0; step < order.Length; step++)
        {
            var round = step / HalfMd4Words;
            var mixed = round switch
            {
                0 => d ^ (b & (c ^ d)),
                1 => (b & c) + ((b ^ c) & d),
                _ => b ^ c ^ d,
            };
            var turned = BitOperations.RotateLeft(a + mixed + words[order[step]] + added[round], turns[(round * 4) + (step % 4)]);
            (a, b, c, d) = (d, turned, b, c);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
    }
}
