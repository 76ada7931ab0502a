using VmProxy.Repository.Keys;
using VmProxy.Repository.Maps;

namespace VmProxy.Repository;

/// <summary>
/// Compares content with what a map says that a disk held, by ids alone: pages of the map are read, and no chunk. Safe from many threads.
/// </summary>
public sealed class MapComparison
{
    readonly MapReader _map;
    readonly KeySet _keys;

    internal MapComparison(MapReader map, KeySet keys) => (_map, _keys) = (map, keys);

    /// <summary>Compares one chunk.</summary>
    /// <param name="offset">Its first byte, a multiple of the map's chunk size.</param>
    /// <param name="content">All of it; at the end of the disk a chunk may be shorter.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>How they differ; null when they do not.</returns>
    /// <exception cref="ArgumentException">The bytes are not one chunk of the disk.</exception>
    /// <exception cref="RepositoryException">REPO_DAMAGED: the page that names the chunk cannot be read. REPO_STORE_FAILED.</exception>
    public async ValueTask<ChunkDifference?> CompareAsync(long offset, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var size = _map.Map.ChunkSize;
        if (offset < 0 || offset % size != 0 || offset >= _map.Map.Length || content.Length != Math.Min(size, _map.Map.Length - offset))
        {
            throw new ArgumentException($"{content.Length} bytes at {offset} are not a chunk of {size} bytes in a disk of {_map.Map.Length}.", nameof(content));
        }

        var (leaf, slot) = Math.DivRem(offset / size, MapShape.LeafSlots);
        var slots = await _map.LeafAsync(leaf, cancellationToken).ConfigureAwait(false);
        var expected = slots is not null && slot < slots.Length ? slots[slot] : default;
        var found = content.Span.ContainsAnyExcept((byte)0) ? _keys.ChunkId(content.Span) : default;
        return expected == found ? null : new ChunkDifference(offset, content.Length, Text(expected), Text(found));
    }

    static string? Text(ChunkId id) => id.IsNull ? null : id.ToString();
}

/// <summary>A chunk that is not what a map says.</summary>
/// <param name="Offset">First byte on the disk.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Expected">The id that the map names, 64 hexadecimal digits; null for zeros.</param>
/// <param name="Found">The id of the content; null for zeros.</param>
public sealed record ChunkDifference(long Offset, int Length, string? Expected, string? Found);
