namespace VmProxy.GuestFiles;

/// <summary>A stretch of a file's content and where it lies.</summary>
/// <param name="Offset">First byte within the file.</param>
/// <param name="Length">Bytes; at least 1.</param>
/// <param name="Source">First byte on the device, or <see cref="Hole"/> or <see cref="Zero"/>.</param>
readonly record struct ContentPiece(long Offset, long Length, long Source)
{
    /// <summary>Not allocated: reads as zeros.</summary>
    public const long Hole = -1;

    /// <summary>Allocated and never written: reads as zeros.</summary>
    public const long Zero = -2;

    /// <summary>The byte after the last.</summary>
    public long End => Offset + Length;
}
