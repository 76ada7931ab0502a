namespace VmProxy.Repository;

/// <summary>Sizes that bound memory and shape objects. None of them is part of the format; tests make them small.</summary>
internal sealed record Tuning
{
    public static Tuning Default { get; } = new();

    /// <summary>A pack is closed before it would grow beyond this.</summary>
    public int PackBytes { get; init; } = 32 << 20;

    /// <summary>Plain bytes of neighbouring new chunks that are compressed together.</summary>
    public int FrameBytes { get; init; } = 1 << 20;

    /// <summary>Plain bytes of map pages that are compressed together. Pages are read one by one, so frames are small.</summary>
    public int MetadataFrameBytes { get; init; } = 128 << 10;

    /// <summary>New chunks after which a session writes an index segment and forgets them.</summary>
    public int SegmentEntries { get; init; } = 128 << 10;

    /// <summary>Records of an index segment that merges others; it must stay below 2 GiB.</summary>
    public int MergedSegmentRecords { get; init; } = Index.SegmentLayout.MaxRecords;

    /// <summary>Changed references of unfinished leaf pages (40 bytes each) that a disk writer holds before it writes pages early.</summary>
    public int PendingReferences { get; init; } = 512 << 10;

    /// <summary>Decoded frames that readers share.</summary>
    public long FrameCacheBytes { get; init; } = 48L << 20;

    /// <summary>Decoded map pages that one map keeps.</summary>
    public int CachedPages { get; init; } = 128;

    /// <summary>zstd level. Measured on an ext4 image: see README.md.</summary>
    public int CompressionLevel { get; init; } = 1;

    /// <summary>Closed packs of a session that may still be on their way to stable storage.</summary>
    public int PacksBeingCompleted { get; init; } = 2;

    /// <summary>Points that are read at once.</summary>
    public int PointReaders { get; init; } = 8;

    /// <summary>Frames that one reader has under way: while some wait for the disk, every core decodes.</summary>
    public int FramesInFlight { get; init; } = (2 * Environment.ProcessorCount) + 4;

    /// <summary>Packs, or leaves of a map, that a check looks at side by side.</summary>
    public int CheckWorkers { get; init; } = Environment.ProcessorCount + 2;

    /// <summary>How often a session at work shows that it lives. Far below <see cref="PruneOptions.SessionLimit"/>.</summary>
    public TimeSpan SignOfLife { get; init; } = TimeSpan.FromMinutes(5);
}
