namespace VmProxy.Repository;

/// <summary>What a repository holds.</summary>
/// <param name="Points">Readable restore points.</param>
/// <param name="DamagedPoints">Point objects that cannot be read.</param>
/// <param name="DataPacks">Objects with chunks of disks.</param>
/// <param name="MetadataPacks">Objects with map pages and configuration files.</param>
/// <param name="IndexSegments">Objects of the index.</param>
/// <param name="DataBytes">Bytes of data packs.</param>
/// <param name="MetadataBytes">Bytes of metadata packs.</param>
/// <param name="IndexBytes">Bytes of index segments, which are mapped and cost no anonymous memory.</param>
/// <param name="PointBytes">Bytes of point objects.</param>
/// <param name="StoredChunks">Chunks and pages in the index; one that two writers stored at once counts twice.</param>
/// <param name="DamagedIndexSegments">Index segments known to be damaged.</param>
public sealed record RepositoryStatistics(
    int Points, int DamagedPoints, int DataPacks, int MetadataPacks, int IndexSegments,
    long DataBytes, long MetadataBytes, long IndexBytes, long PointBytes, long StoredChunks, IReadOnlyList<string> DamagedIndexSegments);
