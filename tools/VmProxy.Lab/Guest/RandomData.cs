namespace VmProxy.Lab.Guest;

/// <summary>Incompressible bytes that the same seed gives again.</summary>
internal static class RandomData
{
    const int PieceSize = 1 << 20;

    public delegate void Writer(long offset, ReadOnlySpan<byte> bytes);

    public static void Write(LabDataOptions data, Writer write)
    {
        var random = new Random(data.Seed);
        var buffer = new byte[PieceSize];
        for (var done = 0L; done < data.Length; done += PieceSize)
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(PieceSize, data.Length - done));
            random.NextBytes(piece);
            write(data.Offset + done, piece);
        }
    }
}
