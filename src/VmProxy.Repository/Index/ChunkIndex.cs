using System.Collections.Immutable;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Index;

/// <summary>Where every stored chunk lies: the segments of the repository, mapped. Damaged parts are remembered, and what they held is unknown.</summary>
internal sealed class ChunkIndex(IObjectStore store, byte[] key) : IDisposable
{
    readonly SemaphoreSlim _refreshing = new(1);
    volatile Dictionary<string, IndexSegment> _segments = new(StringComparer.Ordinal);
    volatile IndexSegment[] _active = [];
    volatile ImmutableHashSet<string> _damaged = [];

    /// <summary>Names of segments that are damaged as a whole or in part, as far as they were read.</summary>
    public IReadOnlyList<string> Damaged => [.. _damaged, .. _segments.Where(pair => pair.Value.IsDamaged).Select(pair => pair.Key)];

    public IReadOnlyCollection<IndexSegment> Segments => _active;

    /// <summary>Maps the segments that came since the last time, such as those of other processes.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var segments = new Dictionary<string, IndexSegment>(_segments, StringComparer.Ordinal);
            await foreach (var info in store.ListAsync(ObjectNames.IndexSegments, cancellationToken).ConfigureAwait(false))
            {
                if (!segments.ContainsKey(info.Name) && !_damaged.Contains(info.Name))
                {
                    await OpenAsync(info.Name, segments, cancellationToken).ConfigureAwait(false);
                }
            }

            if (segments.Count == _segments.Count)
            {
                return;
            }

            var superseded = segments.Values.SelectMany(segment => segment.Superseded).ToHashSet();
            _segments = segments;
            _active = [.. segments.Where(pair => !ObjectNames.TryParse(pair.Key, out var id) || !superseded.Contains(id)).Select(pair => pair.Value)];
        }
        finally
        {
            _refreshing.Release();
        }
    }

    public bool TryFind(ChunkId id, out ChunkLocation location)
    {
        foreach (var segment in _active)
        {
            if (segment.TryFind(id, out location))
            {
                return true;
            }
        }

        location = default;
        return false;
    }

    /// <summary>Writes a segment and makes it part of this index at once.</summary>
    /// <returns>Bytes written.</returns>
    public async Task<long> WriteSegmentAsync(List<NewChunk> chunks, PackList packs, CancellationToken cancellationToken)
    {
        var id = RandomId.Create();
        var content = SegmentWriter.Encode(id, chunks, packs, key);
        await store.PutAsync(ObjectNames.IndexSegment(id), content, cancellationToken).ConfigureAwait(false);
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        return content.Length;
    }

    public void Dispose()
    {
        foreach (var segment in _segments.Values)
        {
            segment.Dispose();
        }

        _refreshing.Dispose();
    }

    async Task OpenAsync(string name, Dictionary<string, IndexSegment> segments, CancellationToken cancellationToken)
    {
        ObjectView? view = null;
        try
        {
            view = await store.MapAsync(name, cancellationToken).ConfigureAwait(false);
            segments[name] = IndexSegment.Open(name, view, key);
        }
        catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.Damaged)
        {
            view?.Dispose();
            _damaged = _damaged.Add(name);
        }
        catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.NotFound)
        {
            // Removed between the listing and now: its successor is there.
        }
    }
}
