namespace VmProxy.Repository.Maps;

/// <summary>A stretch of a map.</summary>
/// <param name="End">The leaf after it.</param>
/// <param name="Slots">The ids of its only leaf; null where all is zeros or unreadable.</param>
/// <param name="Problem">Why it cannot be read.</param>
internal readonly record struct MapStep(long End, ChunkId[]? Slots, RepositoryException? Problem);
