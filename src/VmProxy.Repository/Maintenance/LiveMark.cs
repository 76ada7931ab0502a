using VmProxy.Repository.Maps;
using VmProxy.Repository.Reading;

namespace VmProxy.Repository.Maintenance;

/// <summary>Marks everything that points use: each page is read once. What cannot be read ends it.</summary>
internal sealed class LiveMark(LiveRecords live, ChunkReader reader)
{
    readonly Stack<(ChunkId Id, int Level)> _pages = new();

    /// <exception cref="RepositoryException">REPO_DAMAGED.</exception>
    public async Task RunAsync(IReadOnlyList<RestorePoint> points, Action<int> report, CancellationToken cancellationToken)
    {
        for (var i = 0; i < points.Count; i++)
        {
            foreach (var disk in points[i].Disks)
            {
                await WalkAsync(points[i], disk, cancellationToken).ConfigureAwait(false);
            }

            report(i + 1);
        }

        // Last: a file whose piece has the bytes of a page would else hide that the page has not been walked.
        foreach (var point in points)
        {
            foreach (var chunk in point.Blobs.SelectMany(blob => blob.Chunks))
            {
                Mark(ChunkId.Parse(chunk, $"point {point.Id}"), point.Id);
            }
        }
    }

    async Task WalkAsync(RestorePoint point, PointDisk disk, CancellationToken cancellationToken)
    {
        var map = disk.Map;
        _ = MapShape.Require(map);
        Push(map.RootId, map.Levels - 1);
        while (_pages.TryPop(out var next))
        {
            if (!live.TryMarkPage(next.Id, out var isNew))
            {
                throw Lost(next.Id, point.Id);
            }

            if (isNew)
            {
                var page = await ReadPageAsync(next.Id, next.Level, point.Id, cancellationToken).ConfigureAwait(false);
                Follow(page, point.Id);
            }
        }
    }

    void Follow(MapPage page, string point)
    {
        foreach (var id in page.Slots)
        {
            if (page.Level > 0)
            {
                Push(id, page.Level - 1);
            }
            else
            {
                Mark(id, point);
            }
        }
    }

    // The full page below a patch is used, and what it refers to only as far as the patch does not replace it.
    async Task<MapPage> ReadPageAsync(ChunkId id, int level, string point, CancellationToken cancellationToken)
    {
        var bytes = await reader.ReadMetadataAsync(id, cancellationToken).ConfigureAwait(false);
        MapPage? full = null;
        if (MapPage.BaseOf(bytes) is { } below)
        {
            Mark(below, point);
            full = MapPage.Decode(below, level, await reader.ReadMetadataAsync(below, cancellationToken).ConfigureAwait(false), null);
        }

        return MapPage.Decode(id, level, bytes, full);
    }

    void Push(ChunkId id, int level)
    {
        if (!id.IsNull)
        {
            _pages.Push((id, level));
        }
    }

    void Mark(ChunkId id, string point)
    {
        if (!id.IsNull && !live.TryMark(id))
        {
            throw Lost(id, point);
        }
    }

    static RepositoryException Lost(ChunkId id, string point) =>
        RepositoryException.Damaged($"chunk {id}", $"Point {point} uses it, and the index does not know where it is, or its pack is missing.");
}
