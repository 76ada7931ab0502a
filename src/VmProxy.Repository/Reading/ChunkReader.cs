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

    public RepositoryException Missing(ChunkId id) => Unknown($"chunk {id}", "it");

    /// <summary>What is wrong with chunks that the index does not know, in words that do not name each.</summary>
    public string MissingChunks() => Unknown("index", "the chunks of this range").Message;

    RepositoryException Unknown(string objectName, string what)
    {
        var damaged = index.Damaged;
        return RepositoryException.Damaged(objectName, damaged.Count == 0
            ? $"The index does not know {what}."
            : $"The index does not know {what}; damaged are {string.Join(", ", damaged)}.");
    }

    /// <summary>The frame that holds a chunk, and where; the caller must release it.</summary>
    public ValueTask<(DecodedFrame Frame, ChunkLocation Location)> FrameAsync(ChunkId id, CancellationToken cancellationToken) =>
        index.TryFind(id, out var location) ? FrameAsync(id, location, cancellationToken) : FrameOfUnknownAsync(id, cancellationToken);

    /// <summary>
    /// The frame at a location, or another one with the chunk when the pack is gone: a prune moves chunks, and the index shows where to before it
    /// deletes the pack.
    /// </summary>
    public async ValueTask<(DecodedFrame Frame, ChunkLocation Location)> FrameAsync(ChunkId id, ChunkLocation location, CancellationToken cancellationToken)
    {
        HashSet<RandomId>? tried = null;
        while (true)
        {
            try
            {
                return (await frames.GetAsync(location, cancellationToken).ConfigureAwait(false), location);
            }
            catch (RepositoryException error) when (FrameReader.IsPackMissing(error))
            {
                // Several copies may go at once; places that are known to be gone come last.
                (tried ??= []).Add(location.Pack.Header.Id);
                index.MarkMissing([location.Pack.Header.Id]);
                await index.RefreshAsync(cancellationToken).ConfigureAwait(false);
                if (!index.TryFind(id, out var other) || tried.Contains(other.Pack.Header.Id))
                {
                    throw;
                }

                location = other;
            }
        }
    }

    /// <summary>A chunk's plain bytes inside its frame, proved by its id.</summary>
    public ReadOnlyMemory<byte> Chunk(DecodedFrame frame, ChunkId id, ChunkLocation location) =>
        frame.Find(id, location.Pack.Header.Kind == PackKind.Data ? keys.ChunkId : keys.MetadataId)
            ?? throw FrameReader.Damaged(location, $"the frame does not hold chunk {id} as it was written");

    /// <summary>A copy of a page or of a piece of a blob.</summary>
    public async ValueTask<byte[]> ReadMetadataAsync(ChunkId id, CancellationToken cancellationToken)
    {
        var (frame, location) = await FrameAsync(id, cancellationToken).ConfigureAwait(false);
        return Copy(frame, id, location);
    }

    public async ValueTask<byte[]> ReadMetadataAsync(ChunkId id, ChunkLocation location, CancellationToken cancellationToken)
    {
        var (frame, found) = await FrameAsync(id, location, cancellationToken).ConfigureAwait(false);
        return Copy(frame, id, found);
    }

    byte[] Copy(DecodedFrame frame, ChunkId id, ChunkLocation location)
    {
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

    async ValueTask<(DecodedFrame Frame, ChunkLocation Location)> FrameOfUnknownAsync(ChunkId id, CancellationToken cancellationToken)
    {
        await index.RefreshAsync(cancellationToken).ConfigureAwait(false);
        return await FrameAsync(id, Find(id), cancellationToken).ConfigureAwait(false);
    }
}
