namespace VmProxy.Blocks.Vmdk;

/// <summary>Where a stretch of the disk lies in a redo log.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="FileOffset">First byte in the file, or <see cref="NotHeld"/>.</param>
readonly record struct CowdSegment(long Length, long FileOffset)
{
    public const long NotHeld = -1;

    public bool IsOwn => FileOffset != NotHeld;
}
