using System.Collections.Concurrent;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Maintenance;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Points;

internal sealed class PointStore(IObjectStore store, KeySet keys, SealKind seal, ZstdPool zstd, SessionNotes sessions, Tuning tuning)
{
    /// <summary>Writes a point, which makes it exist. Gives it an id unless it has one.</summary>
    public async Task<(RestorePoint Point, long Length)> WriteAsync(RestorePoint point, CancellationToken cancellationToken)
    {
        while (true)
        {
            var id = point.Id.Length > 0 ? point.Id : PointId.Create(point.Time);
            var named = point with { Id = id, Time = point.Time.ToUniversalTime() };
            var name = keys.PointName(id);
            var content = PointObject.Encode(named, name, keys, seal, zstd);
            if (await store.PutIfAbsentAsync(ObjectNames.Point(name), content, cancellationToken).ConfigureAwait(false))
            {
                return (named, content.Length);
            }

            if (point.Id.Length > 0)
            {
                throw new RepositoryException(RepositoryErrorCodes.Exists, id, $"A point with the id '{id}' exists. Let the commit choose the id.");
            }
        }
    }

    public async Task<RestorePoint> ReadAsync(string id, CancellationToken cancellationToken)
    {
        var name = keys.PointName(id);
        var states = await PointStates.BeginAsync(sessions, cancellationToken).ConfigureAwait(false);
        var point = await TryReadObjectAsync(name, cancellationToken).ConfigureAwait(false);
        if (point is not null)
        {
            await states.LoadAsync(cancellationToken).ConfigureAwait(false);
            var state = await states.OfAsync(name, point, cancellationToken).ConfigureAwait(false);
            point = state is PointState.Valid or PointState.Undecided ? point : null;
        }

        return point ?? throw NotFound(id);
    }

    /// <summary>A point's object, whatever its state; null when there is none.</summary>
    public async ValueTask<RestorePoint?> TryReadObjectAsync(RandomId name, CancellationToken cancellationToken)
    {
        var objectName = ObjectNames.Point(name);
        return await store.TryReadAllAsync(objectName, cancellationToken).ConfigureAwait(false) is { } content
            ? await DecodeAsync(objectName, content, cancellationToken).ConfigureAwait(false)
            : null;
    }

    public RepositoryException NotFound(string id) => new(RepositoryErrorCodes.PointNotFound, id,
        $"There is no restore point '{id}' in {store.Location}. 'vmproxy points' lists those that exist.");

    public async Task<PointList> ListAsync(CancellationToken cancellationToken)
    {
        var points = new ConcurrentBag<RestorePoint>();
        var damaged = new ConcurrentBag<RepositoryException>();
        var states = await PointStates.BeginAsync(sessions, cancellationToken).ConfigureAwait(false);
        await Workers.ForEachAsync(store.ListAsync(ObjectNames.Points, cancellationToken), tuning.PointReaders, async (info, token) =>
        {
            try
            {
                // A point that went away between the listing and now was deleted.
                if (await store.TryReadAllAsync(info.Name, token).ConfigureAwait(false) is { } content)
                {
                    points.Add(await DecodeAsync(info.Name, content, token).ConfigureAwait(false));
                }
            }
            catch (RepositoryException error) when (IsUnreadable(error))
            {
                damaged.Add(error);
            }
        }, cancellationToken).ConfigureAwait(false);

        await states.LoadAsync(cancellationToken).ConfigureAwait(false);
        var entries = new List<PointEntry>(points.Count);
        foreach (var point in points.OrderBy(point => point.Time).ThenBy(point => point.Id, StringComparer.Ordinal))
        {
            try
            {
                var name = keys.PointName(point.Id);
                entries.Add(new PointEntry(name, point, await states.OfAsync(name, point, cancellationToken).ConfigureAwait(false)));
            }
            catch (RepositoryException error) when (IsUnreadable(error))
            {
                damaged.Add(error);
            }
        }

        return new PointList(entries, [.. damaged.OrderBy(error => error.Object, StringComparer.Ordinal)]);
    }

    async ValueTask<RestorePoint> DecodeAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        await keys.EnsureEpochAsync(PointObject.Epoch(content), cancellationToken).ConfigureAwait(false);
        return PointObject.Decode(name, content, keys, seal, zstd);
    }

    static bool IsUnreadable(RepositoryException error) => error.Code is RepositoryErrorCodes.Damaged or RepositoryErrorCodes.UnsupportedVersion;
}
