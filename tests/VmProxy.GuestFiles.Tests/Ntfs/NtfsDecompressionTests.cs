namespace VmProxy.GuestFiles.Tests.Ntfs;

/// <summary>The decompressors alone.</summary>
sealed class NtfsDecompressionTests
{
    // MS-XCA 3.1 (example of LZNT1): "F# F# G A A B E D F# ..." compressed by Windows.
    [Test]
    public void Lznt1_decompresses_the_example_of_its_specification()
    {
        byte[] compressed =
        [
            0x38, 0xB0, 0x88, 0x46, 0x23, 0x20, 0x00, 0x20, 0x47, 0x20, 0x41, 0x00, 0x10, 0xA2, 0x47, 0x01, 0xA0, 0x45, 0x20, 0x44, 0x00, 0x08, 0x45,
            0x01, 0x50, 0x79, 0x00, 0xC0, 0x45, 0x20, 0x05, 0x24, 0x13, 0x88, 0x05, 0xB4, 0x02, 0x4A, 0x44, 0xEF, 0x03, 0x58, 0x02, 0x8C, 0x09, 0x16,
            0x01, 0x48, 0x45, 0x00, 0xBE, 0x00, 0x9E, 0x00, 0x04, 0x01, 0x18, 0x90, 0x00,
        ];
        const string expected = "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# G F# E D E A F# F# G A A G F# E D D E F# E D D";
        var bytes = new byte[expected.Length];
        Assert.That(Lznt1.TryDecompress(compressed, bytes), Is.True);
        Assert.That(System.Text.Encoding.ASCII.GetString(bytes), Is.EqualTo(expected));
    }

    [Test]
    public void Random_bytes_never_throw()
    {
        var xpress = new XpressHuffman();
        var lzx = new Lzx();
        var target = new byte[32768];
        var sound = 0;
        for (var seed = 0; seed < 30_000; seed++)
        {
            var random = new Random(seed);
            var source = new byte[random.Next(1, 700)];
            random.NextBytes(source);
            if (seed % 3 == 0)
            {
                // Few different bits make codes that are possible.
                for (var i = 0; i < Math.Min(source.Length, 256); i++)
                {
                    source[i] = (byte)(seed % 2 == 0 ? 0x99 : source[i] & 0x88);
                }
            }

            sound += Lznt1.TryDecompress(source, target) ? 1 : 0;
            sound += xpress.TryDecompress(source, target.AsSpan(0, random.Next(1, 4096))) ? 1 : 0;
            sound += lzx.TryDecompress(source, target.AsSpan(0, random.Next(1, 32769))) ? 1 : 0;
        }

        Assert.That(sound, Is.Positive, "some of them must get as far as decompressing");
    }
}
