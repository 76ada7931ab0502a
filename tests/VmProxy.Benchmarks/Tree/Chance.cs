using System.Buffers.Binary;

namespace VmProxy.Benchmarks.Tree;

/// <summary>A fast generator of numbers that follow from a seed alone, on every machine (xoshiro256**, seeded by splitmix64).</summary>
sealed class Chance
{
    ulong _a;
    ulong _b;
    ulong _c;
    ulong _d;

    public Chance(ulong seed) => (_a, _b, _c, _d) = (Mix(ref seed), Mix(ref seed), Mix(ref seed), Mix(ref seed));

    /// <summary>A seed of its own for the nth part of something.</summary>
    public static ulong Derive(ulong seed, ulong part)
    {
        var mixed = seed ^ (part * 0xD1342543DE82EF95);
        return Mix(ref mixed);
    }

    public ulong Next()
    {
        var result = ulong.RotateLeft(_b * 5, 7) * 9;
        var shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = ulong.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>From 0 to <paramref name="end"/> - 1.</summary>
    public int Below(int end) => (int)Math.BigMul(Next(), (ulong)end, out _);

    public bool Happens(double probability) => Fraction() < probability;

    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>From 0 to <paramref name="end"/> - 1, small numbers far more often: about as the words of a language.</summary>
    public int Skewed(int end) => Math.Min(end - 1, (int)(Math.Pow(end + 1.0, Fraction()) - 1));

    public void Fill(Span<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, Next());
        }

        foreach (ref var value in bytes)
        {
            value = (byte)Next();
        }
    }

    static ulong Mix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
