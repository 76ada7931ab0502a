namespace VmProxy.Blocks.Files;

/// <summary>The aligned buffer of one I/O thread, made when the first read needs it.</summary>
sealed class IoScratch
{
    /// <summary>Sixteen threads stay within 4 MiB a device.</summary>
    public const int Length = 256 * 1024;

    AlignedBuffer? _buffer;

    public Span<byte> Span => (_buffer ??= new AlignedBuffer(Length)).Span;
}
