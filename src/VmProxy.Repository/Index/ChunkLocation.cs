using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Index;

/// <summary>A pack as the index knows it.</summary>
internal sealed record PackInfo(PackHeader Header, long Length);

/// <summary>Where a chunk lies: a frame record inside a pack. The frame's header tells where in the frame.</summary>
internal readonly record struct ChunkLocation(PackInfo Pack, uint Offset, uint Length, int ChunkLength);
