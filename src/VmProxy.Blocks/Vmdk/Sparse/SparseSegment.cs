namespace VmProxy.Blocks.Vmdk;

/// <summary>A stretch of the disk that one sparse extent holds in one way.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="Kind">How it is held.</param>
/// <param name="FileOffset">First byte in the file, of plain grains alone.</param>
readonly record struct SparseSegment(long Length, SparseSegmentKind Kind, long FileOffset = 0);

/// <summary>How a stretch of the disk is held.</summary>
enum SparseSegmentKind
{
    /// <summary>Not at all: it is the parent's, or a hole.</summary>
    NotHeld,

    /// <summary>As zeros, whatever the parent has.</summary>
    Zero,

    /// <summary>As plain bytes that lie together in the file.</summary>
    Plain,

    /// <summary>As compressed grains.</summary>
    Compressed,
}
