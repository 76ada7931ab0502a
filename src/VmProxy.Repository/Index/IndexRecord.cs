namespace VmProxy.Repository.Index;

/// <summary>One record of a segment: a chunk, and the frame that holds it. <see cref="Pack"/> counts in <see cref="IndexSegment.Packs"/>.</summary>
internal readonly record struct IndexRecord(ChunkId Id, int Pack, uint Offset, uint Length, int ChunkLength);
