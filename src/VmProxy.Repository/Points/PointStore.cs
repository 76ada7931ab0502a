using System.Collections.Concurrent;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Points;

internal sealed class PointStore(IObjectStore store, KeySet keys, SealKind seal, ZstdPool zstd)
{
    const int ParallelReads = 8;

    /// <summary>Writes a point, which makes it exist. Gives it an id unless it has one.</summary>
    public async Task<(RestorePoint Point, long Length)> WriteAsync(RestorePoint point, CancellationToken cancellationToken)
    {
        var id = point.Id.Length > 0 ? point.Id : PointId.Create(point.Time);
        while (await ExistsAsync(id, cancellationToken).ConfigureAwait(false))
        {
            id = point.Id.Length == 0 ? PointId.Create(point.Time) : throw new RepositoryException(
                RepositoryErrorCodes.Exists, id, $"A point with the id '{id}' exists. Let the commit choose the id.");
        }

        var named = point with { Id = id, Time = point.Time.ToUniversalTime() };
        var name = keys.PointName(id);
        var content = PointObject.Encode(named, name, keys, seal, zstd);
        await store.PutAsync(ObjectNames.Point(name), content, cancellationToken).ConfigureAwait(false);
        return (named, content.Length);
    }

    public async Task<RestorePoint> ReadAsync(string id, CancellationToken cancellationToken)
    {
        var name = ObjectNames.Point(keys.PointName(id));
        var content = await store.TryReadAllAsync(name, cancellationToken).ConfigureAwait(false)
            ?? throw new RepositoryException(RepositoryErrorCodes.PointNotFound, id,
                $"There is no restore point '{id}' in {store.Location}. 'vmproxy points' lists those that exist.");
        return await DecodeAsync(name, content, cancellationToken).ConfigureAwait(false);
    }

    public async Task<PointList> ListAsync(CancellationToken cancellationToken)
    {
        var points = new ConcurrentBag<RestorePoint>();
        var damaged = new ConcurrentBag<RepositoryException>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = ParallelReads, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(store.ListAsync(ObjectNames.Points, cancellationToken), options, async (info, token) =>
        {
            try
            {
                // A point that went away between the listing and now was deleted.
                if (await store.TryReadAllAsync(info.Name, token).ConfigureAwait(false) is { } content)
                {
                    points.Add(await DecodeAsync(info.Name, content, token).ConfigureAwait(false));
                }
            }
            catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.Damaged or RepositoryErrorCodes.UnsupportedVersion)
            {
                damaged.Add(error);
            }
        }).ConfigureAwait(false);
        return new PointList(
            [.. points.OrderBy(point => point.Time).ThenBy(point => point.Id, StringComparer.Ordinal)],
            [.. damaged.OrderBy(error => error.Object, StringComparer.Ordinal)]);
    }

    async ValueTask<RestorePoint> DecodeAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        await keys.EnsureEpochAsync(PointObject.Epoch(content), cancellationToken).ConfigureAwait(false);
        return PointObject.Decode(name, content, keys, seal, zstd);
    }

    async ValueTask<bool> ExistsAsync(string id, CancellationToken cancellationToken) =>
        await store.GetLengthAsync(ObjectNames.Point(keys.PointName(id)), cancellationToken).ConfigureAwait(false) is not null;
}
