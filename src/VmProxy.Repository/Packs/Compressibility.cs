namespace VmProxy.Repository.Packs;

/// <summary>
/// Tells what is hardly worth compressing: archives, pictures, encrypted files. Eight samples of 512 bytes are taken, evenly spread; if in each of them the values of
/// the bytes occur as evenly as in random data, the chunk is stored as it is. The first sample that is uneven ends the test, so that compressible data
/// cost half a microsecond. A wrong answer costs space or time and nothing else: a frame says of itself whether it is compressed.
/// </summary>
internal static class Compressibility
{
    const int Samples = 8;
    const int SampleLength = 512;

    // The sum of the squared counts of 512 random bytes is 1534 on average, with a deviation of 45; at 7.5 bits of entropy a byte it is above 1960.
    const int Even = 1804;

    /// <summary>Whether compression is worth trying. Chunks below 16 KiB always are: looking costs about as much.</summary>
    public static bool IsLikely(ReadOnlySpan<byte> chunk)
    {
        if (chunk.Length < 16 << 10)
        {
            return true;
        }

        for (var i = 0; i < Samples; i++)
        {
            var start = (int)((long)i * (chunk.Length - SampleLength) / (Samples - 1));
            if (SquaredCounts(chunk.Slice(start, SampleLength)) > Even)
            {
                return true;
            }
        }

        return false;
    }

    static int SquaredCounts(ReadOnlySpan<byte> sample)
    {
        Span<ushort> counts = stackalloc ushort[256];
        counts.Clear();
        var sum = 0;
        foreach (var value in sample)
        {
            // (n + 1)² - n² = 2 n + 1
            sum += (2 * counts[value]++) + 1;
        }

        return sum;
    }
}
