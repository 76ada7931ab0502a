namespace VmProxy.Repository;

/// <summary>What a compaction of the index did.</summary>
/// <param name="SegmentsBefore">Segments in use before.</param>
/// <param name="SegmentsMerged">Of these, segments that were merged into others, or that held nothing any more.</param>
/// <param name="SegmentsWritten">New segments.</param>
/// <param name="SegmentsRemoved">Objects removed: merged ones, also of earlier compactions.</param>
/// <param name="RecordsWritten">Records in the new segments.</param>
/// <param name="RecordsDropped">Records that were left out because their pack was deleted or because they were there twice.</param>
/// <param name="BytesWritten">Bytes of the new segments.</param>
/// <param name="Damaged">Segments that were left alone because a part of them does not prove itself; a rebuild of the index mends them.</param>
public sealed record CompactionReport(
    int SegmentsBefore, int SegmentsMerged, int SegmentsWritten, int SegmentsRemoved,
    long RecordsWritten, long RecordsDropped, long BytesWritten, IReadOnlyList<string> Damaged);
