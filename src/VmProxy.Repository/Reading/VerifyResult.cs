namespace VmProxy.Repository;

/// <summary>What a verification found.</summary>
/// <param name="ChunksRead">Chunks read and proved; a chunk that occurs several times nearby counts once.</param>
/// <param name="BytesRead">Their plain bytes.</param>
/// <param name="Damaged">Ranges of the disk that cannot be restored, in order; empty when the disk is intact. Of very many only the first are listed.</param>
public sealed record VerifyResult(long ChunksRead, long BytesRead, IReadOnlyList<DamagedRange> Damaged)
{
    /// <summary>True when every byte of the disk was proved.</summary>
    public bool IsIntact => Damaged.Count == 0;

    /// <summary>Bytes of the disk that cannot be restored, those of all ranges, listed or not.</summary>
    public long DamagedBytes { get; init; }

    /// <summary>Damaged ranges that are not listed.</summary>
    public long MoreRanges { get; init; }
}

/// <summary>A range of a disk that cannot be restored.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Message">The object that is damaged, and how.</param>
public sealed record DamagedRange(long Offset, long Length, string Message);

/// <summary>How far a verification is.</summary>
/// <param name="BytesDone">Bytes of the disk that are decided, zeros included.</param>
/// <param name="BytesTotal">Size of the disk.</param>
public readonly record struct VerifyProgress(long BytesDone, long BytesTotal);
