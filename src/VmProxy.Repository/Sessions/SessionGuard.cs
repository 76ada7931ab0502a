using System.Collections.Concurrent;
using VmProxy.Repository.Maintenance;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Sessions;

/// <summary>
/// A session's side of the agreement with prunes (docs/FORMAT.md, "Maintenance"): its note comes before everything that it relies on, what it builds on
/// exists while the note does, and its point counts only if nobody closed it before.
/// </summary>
internal sealed class SessionGuard(BackupRepository repository, RandomId id)
{
    // Asking for so many objects one by one is quicker than listing all packs.
    const int FewPacks = 64;

    readonly ConcurrentDictionary<RandomId, bool> _reused = [];
    readonly ConcurrentQueue<PackHeader> _reusedInOrder = [];
    readonly ConcurrentDictionary<(string? Point, string Root), Lazy<Task>> _bases = [];
    long _touched = repository.Time.GetUtcNow().UtcTicks;
    bool _mayHaveCommitted;
    bool _ended;

    public RandomId Id => id;

    SessionNotes Sessions => repository.Sessions;

    /// <summary>Whether a stored chunk may be referred to; if so, its pack must exist at the commit.</summary>
    public bool TryReuse(ChunkId chunk)
    {
        if (!repository.Index.TryFindForReuse(chunk, out var location))
        {
            return false;
        }

        if (!_reused.ContainsKey(location.Pack.Header.Id) && _reused.TryAdd(location.Pack.Header.Id, true))
        {
            _reusedInOrder.Enqueue(location.Pack.Header);
        }

        return true;
    }

    /// <summary>Shows now and then that the session lives. Whoever comes while another does it goes on.</summary>
    public async ValueTask TouchAsync(CancellationToken cancellationToken)
    {
        var now = repository.Time.GetUtcNow().UtcTicks;
        var last = Interlocked.Read(ref _touched);
        if (now - last >= repository.Tuning.SignOfLife.Ticks && Interlocked.CompareExchange(ref _touched, now, last) == last)
        {
            await Sessions.TouchAsync(id, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes sure, once, that the base exists and that no prune lets go of it while this session lives.</summary>
    public Task RequireBaseAsync(DiskWriterOptions options, CancellationToken cancellationToken) =>
        options.Base?.Root is not { } root
            ? Task.CompletedTask
            : _bases.GetOrAdd((options.BasePoint, root), key => new Lazy<Task>(() => FindBaseAsync(key.Point, key.Root, cancellationToken))).Value;

    public Task RequireBasesAsync() => Task.WhenAll(_bases.Values.Select(check => check.Value));

    /// <summary>Fails early, before the point is written, when the session is over.</summary>
    public async ValueTask RequireOpenAsync(string step, CancellationToken cancellationToken)
    {
        if (await Sessions.IsClosingAsync(id.ToString(), cancellationToken).ConfigureAwait(false)
            || !await Sessions.IsAtWorkAsync(id, cancellationToken).ConfigureAwait(false))
        {
            throw Expired(step, "it was silent for so long that a prune closed it");
        }
    }

    /// <summary>
    /// Every pack that the session refers to must exist. A pack that it may refer to is deleted only after it ended; but a writer or a prune that
    /// woke after having been closed may have put a record of a deleted pack into the index, and a prune that could not see this session's note
    /// may have taken its packs for garbage.
    /// </summary>
    public async ValueTask RequirePacksAsync(IEnumerable<PackHeader> written, CancellationToken cancellationToken)
    {
        PackHeader[] needed = [.. _reusedInOrder, .. written.Where(pack => !_reused.ContainsKey(pack.Id))];
        var missing = needed.ToDictionary(pack => pack.ObjectName, pack => pack.Id, StringComparer.Ordinal);
        if (missing.Count <= FewPacks)
        {
            foreach (var name in needed.Select(pack => pack.ObjectName))
            {
                if (await repository.Store.GetLengthAsync(name, cancellationToken).ConfigureAwait(false) is not null)
                {
                    missing.Remove(name);
                }
            }
        }
        else
        {
            foreach (var prefix in (string[])[ObjectNames.DataPacks, ObjectNames.MetadataPacks])
            {
                await foreach (var info in repository.Store.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
                {
                    missing.Remove(info.Name);
                }
            }
        }

        if (missing.Count > 0)
        {
            repository.Index.MarkMissing(missing.Values);
            throw Expired("before the point was written", $"{missing.Keys.First()}, which it referred to, does not exist any more");
        }
    }

    /// <summary>Writes the point, unless the session was closed meanwhile.</summary>
    public async Task<(RestorePoint Point, long Length)> WritePointAsync(RestorePoint point, CancellationToken cancellationToken)
    {
        // Whatever happens from here on, the point may come to exist, perhaps late. So the note stays until it is known that it does.
        _mayHaveCommitted = true;
        var (written, length) = await repository.PointStore.WriteAsync(point with { Session = id.ToString() }, cancellationToken).ConfigureAwait(false);
        if (await Sessions.IsClosingAsync(id.ToString(), CancellationToken.None).ConfigureAwait(false))
        {
            var name = repository.Keys.PointName(written.Id);
            var decision = await Sessions.DecideAsync(id.ToString(), [name.ToString()], CancellationToken.None).ConfigureAwait(false);
            if (!decision.Points.Contains(name.ToString()))
            {
                await IgnoreFailureAsync(() => repository.Store.DeleteAsync(ObjectNames.Point(name), CancellationToken.None)).ConfigureAwait(false);
                throw Expired("when the point was written", "it was silent for so long that a prune closed it");
            }
        }

        _mayHaveCommitted = false;
        return (written, length);
    }

    /// <summary>Takes the note away. A failure is harmless: a later prune closes the session.</summary>
    public async ValueTask EndAsync()
    {
        if (!_ended && !_mayHaveCommitted)
        {
            _ended = true;
            await IgnoreFailureAsync(() => Sessions.EndAsync(id, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    static async ValueTask IgnoreFailureAsync(Func<ValueTask> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (RepositoryException)
        {
            // What is left behind is removed by the next prune.
        }
    }

    async Task FindBaseAsync(string? pointId, string root, CancellationToken cancellationToken)
    {
        if (pointId is not null)
        {
            if (!await IsBaseAsync(pointId, root, cancellationToken).ConfigureAwait(false))
            {
                throw BaseGone(pointId);
            }

            return;
        }

        foreach (var point in await repository.PointStore.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (point.Disks.Any(disk => disk.Map.Root == root) && await IsBaseAsync(point.Id, root, cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }

        throw BaseGone("with the map " + root);
    }

    // The marker first, then the point: a prune takes them away the other way round.
    async Task<bool> IsBaseAsync(string pointId, string root, CancellationToken cancellationToken)
    {
        var name = repository.Keys.PointName(pointId);
        if (await Sessions.Notes.ExistsAsync(ObjectNames.Trashed(name), cancellationToken).ConfigureAwait(false)
            || await repository.PointStore.TryReadObjectAsync(name, cancellationToken).ConfigureAwait(false) is not { } point
            || point.Disks.All(disk => disk.Map.Root != root))
        {
            return false;
        }

        // A session has one point: if its closing is not decided yet, whoever sees the point may decide that it came in time.
        return point.Session is not { } session || !await Sessions.IsClosingAsync(session, cancellationToken).ConfigureAwait(false)
            || (await Sessions.DecideAsync(session, [name.ToString()], cancellationToken).ConfigureAwait(false)).Points.Contains(name.ToString());
    }

    static RepositoryException BaseGone(string pointId) => new(RepositoryErrorCodes.BaseGone, pointId,
        $"The point {pointId}, which this backup builds on, was deleted. Nothing was committed. Run the backup again: it takes another base, or reads everything.");

    RepositoryException Expired(string step, string why) => new(RepositoryErrorCodes.SessionExpired, $"session {id}",
        $"The session {id} failed {step}: {why}. There is no restore point of it. Run the backup again.");
}
