using VmProxy.Repository.Index;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Reading;

/// <summary>Chunks by id.</summary>
internal sealed class ChunkReader(ChunkIndex index, FrameCache frames, FrameReader reader, KeySet keys)
{
    public FrameReader Frames => reader;

    public bool TryFind(ChunkId id, out ChunkLocation location) => index.TryFind(id, out location);

    public ChunkLocation Find(ChunkId id) => index.TryFind(id, out var location) ? location : throw Missing(id);

    public RepositoryException Missing(ChunkId id)
    {
        var damaged = index.Damaged;
        return RepositoryException.Damaged($"chunk {id}", damaged.Count == 0
            ? "The index does not know it."
            : $"The index does not know it; damaged are {string.Join(", ", damaged)}.");
    }

    /// <summary>The frame that holds a chunk; the caller must release it.</summary>
    public ValueTask<DecodedFrame> FrameAsync(ChunkLocation location, CancellationToken cancellationToken) => frames.GetAsync(location, cancellationToken);

    /// <summary>A chunk's plain bytes inside its frame, proved by its id.</summary>
    public ReadOnlyMemory<byte> Chunk(DecodedFrame frame, ChunkId id, ChunkLocation location) =>
        frame.Find(id, location.Pack.Header.Kind == PackKind.Data ? keys.ChunkId : keys.MetadataId)
            ?? throw FrameReader.Damaged(location, $"the frame does not hold chunk {id} as it was written");

    /// <summary>A copy of a page or of a piece of a blob.</summary>
    public ValueTask<byte[]> ReadMetadataAsync(ChunkId id, CancellationToken cancellationToken) => ReadMetadataAsync(id, Find(id), cancellationToken);

    public async ValueTask<byte[]> ReadMetadataAsync(ChunkId id, ChunkLocation location, CancellationToken cancellationToken)
    {
        var frame = await frames.GetAsync(location, cancellationToken).ConfigureAwait(false);
        try
        {
            return location.Pack.Header.Kind == PackKind.Metadata
                ? Chunk(frame, id, location).ToArray()
                : throw FrameReader.Damaged(location, $"chunk {id} is not metadata");
        }
        finally
        {
            frame.Release();
        }
    }
}
