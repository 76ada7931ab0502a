namespace VmProxy.Testing;

/// <summary>Bytes for disks in tests: reproducible, with stretches of zeros between stretches of noise.</summary>
public static class BlockContent
{
    /// <summary>Noise and zeros, in stretches of 1 byte to 128 KiB.</summary>
    public static byte[] Mixed(int length, int seed = 1)
    {
        var random = new Random(seed);
        var content = new byte[length];
        for (var at = 0; at < length;)
        {
            var piece = Math.Min(length - at, random.Next(1, 128 * 1024));
            if (random.Next(2) == 0)
            {
                random.NextBytes(content.AsSpan(at, piece));
            }

            at += piece;
        }

        return content;
    }
}
