using System.Buffers;
using VmProxy.Repository.Maps;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository;

/// <summary>Writes one disk of a point. Ranges that are never stored keep the base's content, or are zeros without a base.</summary>
public sealed class DiskWriter : IDisposable
{
    readonly WriteSession _session;
    readonly MapReader? _base;
    readonly MapBuilder _map;

    internal DiskWriter(WriteSession session, long length, int chunkSize, MapReader? baseMap, MapBuilder map) =>
        (_session, Length, ChunkSize, _base, _map) = (session, length, chunkSize, baseMap, map);

    /// <summary>Size of the disk in bytes.</summary>
    public long Length { get; }

    /// <summary>Size of a chunk in bytes.</summary>
    public int ChunkSize { get; }

    /// <summary>
    /// Stores content. May be called by many threads at once, in any order; each range once. New chunks of one call that follow each
    /// other are compressed together, so calls of 1 MiB store best. The caller's thread does the work.
    /// </summary>
    /// <param name="offset">First byte, a multiple of the chunk size.</param>
    /// <param name="data">Whole chunks, except at the end of the disk.</param>
    /// <param name="cancellationToken">Cancels; the session cannot be committed then.</param>
    /// <exception cref="RepositoryException">REPO_NO_SPACE, REPO_STORE_FAILED, REPO_DAMAGED (of the base).</exception>
    public async ValueTask StoreAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        CheckRange(offset, data.Length);
        _session.ThrowIfUnusable();
        await _session.GuardAsync(async () =>
        {
            await StoreChunksAsync(offset / ChunkSize, data, cancellationToken).ConfigureAwait(false);
            await _session.IndexWhenFullAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
    }

    /// <summary>Makes a range zeros, whatever its size, at the cost of its two ends.</summary>
    /// <param name="offset">First byte, a multiple of the chunk size.</param>
    /// <param name="length">Whole chunks, except at the end of the disk.</param>
    /// <param name="cancellationToken">Cancels; the session cannot be committed then.</param>
    public async ValueTask StoreZeroAsync(long offset, long length, CancellationToken cancellationToken)
    {
        CheckRange(offset, length);
        _session.ThrowIfUnusable();
        await _session.GuardAsync(async () =>
        {
            var first = offset / ChunkSize;
            await _map.SetZeroAsync(first, MapShape.Chunks(offset + length, ChunkSize) - first, cancellationToken).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
        _session.Count(length, length, 0, 0);
    }

    /// <summary>Writes the rest of the map. No store may be under way or follow.</summary>
    public async Task<DiskMap> CompleteAsync(CancellationToken cancellationToken)
    {
        _session.ThrowIfUnusable();
        return await _session.GuardAsync(async () => await _map.CompleteAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>Gives up the writer; what it stored without <see cref="CompleteAsync"/> is garbage.</summary>
    public void Dispose() => _map.Dispose();

    void CheckRange(long offset, long length)
    {
        if (offset < 0 || length < 0 || length > Length - offset || offset % ChunkSize != 0 || (length % ChunkSize != 0 && offset + length != Length))
        {
            throw new ArgumentException($"Bytes {offset} to {offset + length} are not whole chunks of {ChunkSize} bytes in a disk of {Length}.", nameof(offset));
        }
    }

    async ValueTask StoreChunksAsync(long first, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var count = (int)MapShape.Chunks(data.Length, ChunkSize);
        var ids = ArrayPool<ChunkId>.Shared.Rent(count);

        // Chunks that do not compress have frames of their own: the others are not held up by them.
        using var dense = new FrameBatch(_session, data, count, compress: false);
        using var loose = new FrameBatch(_session, data, count, compress: true);
        try
        {
            ChunkId[]? known = null;
            var knownLeaf = -1L;
            for (var i = 0; i < count; i++)
            {
                var (leaf, slot) = Math.DivRem(first + i, MapShape.LeafSlots);
                if (_base is not null && leaf != knownLeaf)
                {
                    (known, knownLeaf) = (await _base.LeafAsync(leaf, cancellationToken).ConfigureAwait(false), leaf);
                }

                var start = i * ChunkSize;
                var length = Math.Min(ChunkSize, data.Length - start);
                ids[i] = Classify(data.Span.Slice(start, length), known is not null && slot < known.Length ? known[slot] : default, out var isNew);
                if (isNew)
                {
                    var batch = Compressibility.IsLikely(data.Span.Slice(start, length)) ? loose : dense;
                    if (batch.IsFullFor(length))
                    {
                        await batch.FlushAsync(cancellationToken).ConfigureAwait(false);
                    }

                    batch.Add(start, new FrameEntry(ids[i], length));
                }
            }

            await loose.FlushAsync(cancellationToken).ConfigureAwait(false);
            await dense.FlushAsync(cancellationToken).ConfigureAwait(false);
            await _map.SetAsync(first, ids.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<ChunkId>.Shared.Return(ids);
        }
    }

    // Whoever claims a chunk stores it. A second thread may refer to it at once: if storing fails, there is no commit.
    ChunkId Classify(ReadOnlySpan<byte> chunk, ChunkId before, out bool isNew)
    {
        isNew = false;
        if (!chunk.ContainsAnyExcept((byte)0))
        {
            _session.Count(chunk.Length, chunk.Length, 0, 0);
            return default;
        }

        var id = _session.Keys.ChunkId(chunk);
        isNew = id != before && !_session.Table.Contains(id) && !_session.Guard.TryReuse(id) && _session.Table.TryClaim(id);
        _session.Count(chunk.Length, 0, isNew ? 0 : chunk.Length, isNew ? chunk.Length : 0);
        return id;
    }
}
