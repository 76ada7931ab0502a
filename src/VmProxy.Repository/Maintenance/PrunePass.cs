using VmProxy.Repository.Index;
using VmProxy.Repository.Points;

namespace VmProxy.Repository.Maintenance;

/// <summary>
/// One look at everything, and what follows from it. The order of listings is what makes it safe: markers, sessions, points, index, packs. A writer that is
/// not among the sessions has either committed, so that its point is listed, or came later than the markers, and knows them.
/// </summary>
internal sealed class PrunePass(BackupRepository repository, PruneOptions options, MaintenanceLease? lease, IProgress<PruneProgress>? progress)
{
    const int PacksPerList = 100_000;

    readonly MarkerStore _markers = new(repository.Sessions.Notes);
    readonly List<Marker> _removed = [];
    readonly List<RandomId> _void = [];
    readonly HashSet<RandomId> _gone = [];
    readonly HashSet<string> _awaited = new(StringComparer.Ordinal);
    readonly HashSet<Marker> _due = [];
    HashSet<RandomId> _damaged = [];
    Dictionary<string, LiveSession> _alive = [];
    PruneReport _report = new() { DryRun = options.DryRun };

    IObjectStore Store => repository.Store;

    public async Task<PruneReport> RunAsync(bool condemns, CancellationToken cancellationToken)
    {
        var (trash, condemned, orphans) = await _markers.LoadAsync(cancellationToken).ConfigureAwait(false);
        var closer = new SessionCloser(repository, options.SessionLimit);
        _alive = lease is null
            ? await closer.ListAsync(cancellationToken).ConfigureAwait(false)
            : await closer.ListAndCloseAsync(lease, cancellationToken).ConfigureAwait(false);
        await _markers.AwaitAsync(trash.Concat(condemned), _alive.Keys, options.DryRun, cancellationToken).ConfigureAwait(false);

        // Decided once: what comes due while the prune runs is the next one's.
        var now = repository.Time.GetUtcNow();
        _due.UnionWith(condemned.Where(marker => marker.IsClear(_alive) && now - marker.Condemned!.Time >= options.Grace));
        var points = await PointsAsync(trash, cancellationToken).ConfigureAwait(false);
        await MarkAsync(points, condemned, condemns, cancellationToken).ConfigureAwait(false);
        await RemoveOrphansAsync(orphans, cancellationToken).ConfigureAwait(false);
        return _report with { SessionsClosed = closer.Closed, WaitingFor = WaitingFor() };
    }

    /// <summary>The points that count from now on: not what the trash lets go of, and not what came after its session had been closed.</summary>
    async Task<List<RestorePoint>> PointsAsync(List<Marker> trash, CancellationToken cancellationToken)
    {
        _removed.AddRange(trash.Where(marker => marker.IsClear(_alive)));
        foreach (var marker in trash.Except(_removed))
        {
            Await(marker);
        }

        var gone = _removed.Select(marker => marker.Id).ToHashSet();
        var names = gone.Select(ObjectNames.Point).ToHashSet(StringComparer.Ordinal);
        var points = await repository.PointStore.ListAsync(cancellationToken).ConfigureAwait(false);
        List<RepositoryException> damaged = [.. points.Damaged.Where(damage => !names.Contains(damage.Object))];
        if (damaged.Count > 0)
        {
            throw Prune.Refused(damaged);
        }

        _void.AddRange(points.Entries.Where(entry => entry.State == PointState.Void && !gone.Contains(entry.Name)).Select(entry => entry.Name));
        var without = options.DryRun ? options.WithoutPoints.ToHashSet(StringComparer.Ordinal) : [];
        var live = points.Entries
            .Where(entry => entry.State != PointState.Void && !gone.Contains(entry.Name) && !without.Contains(entry.Point.Id))
            .Select(entry => entry.Point).ToList();
        _report = _report with { Points = live.Count, PointsRemoved = _removed.Count, PointsWaiting = trash.Count - _removed.Count, VoidPointsRemoved = _void.Count };
        return live;
    }

    /// <summary>Removes the objects of points that do not count any more; a marker goes after its point.</summary>
    async Task RemovePointsAsync(CancellationToken cancellationToken)
    {
        foreach (var name in _removed.Select(marker => marker.Id).Concat(_void))
        {
            await DeleteAsync(ObjectNames.Point(name), cancellationToken).ConfigureAwait(false);
        }

        foreach (var marker in _removed.Where(_ => lease is not null))
        {
            await RemoveMarkerAsync(marker, cancellationToken).ConfigureAwait(false);
        }
    }

    async Task MarkAsync(List<RestorePoint> points, List<Marker> condemned, bool condemns, CancellationToken cancellationToken)
    {
        _damaged = (await repository.RefreshDamageAsync(cancellationToken).ConfigureAwait(false)).DamagedPacks.ToHashSet();
        await repository.Index.RefreshAsync(cancellationToken).ConfigureAwait(false);
        using var index = repository.Index.Acquire();
        if (index.Segments.Any(segment => segment.DamagedParts().Any()) || repository.Index.Damaged.Count > 0)
        {
            throw Prune.RefusedIndex(repository.Index.Damaged);
        }

        var census = await PackCensus.LoadAsync(Store, condemned, cancellationToken).ConfigureAwait(false);
        var live = new LiveRecords(index.Segments, census, repository.Index.Unusable, _due.Contains);
        try
        {
            await new LiveMark(live, repository.Reader).RunAsync(points, done => Report("points", done, points.Count), cancellationToken).ConfigureAwait(false);
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged)
        {
            await ThrowIfOvertakenAsync(points, cancellationToken).ConfigureAwait(false);
            throw Prune.Refused([error]);
        }

        // Nothing before this line deletes: whatever cannot be read has refused the prune by now.
        await RemovePointsAsync(cancellationToken).ConfigureAwait(false);
        census.Count(index.Segments, live);
        await DeleteDueAsync(census, condemned, cancellationToken).ConfigureAwait(false);
        if (condemns)
        {
            await CondemnAsync(census, index.Segments, live, cancellationToken).ConfigureAwait(false);
        }

        await SweepAsync(census, index.Segments, live, condemned, cancellationToken).ConfigureAwait(false);
        foreach (var pack in census.Packs.Values.Where(pack => pack.CondemnedBy is null))
        {
            _report = _report with { Live = _report.Live.With(pack.Length) };
        }
    }

    /// <summary>A prune that slept may miss pages of points that another one has removed since: nothing is wrong with the repository then.</summary>
    async Task ThrowIfOvertakenAsync(List<RestorePoint> points, CancellationToken cancellationToken)
    {
        foreach (var point in points)
        {
            if (await Store.GetLengthAsync(ObjectNames.Point(repository.Keys.PointName(point.Id)), cancellationToken).ConfigureAwait(false) is null)
            {
                throw new RepositoryException(RepositoryErrorCodes.LeaseLost, ObjectNames.Lease,
                    $"Another prune removed the point {point.Id} while this one looked at the repository. Nothing is damaged; run it again.");
            }
        }
    }

    /// <summary>Deletes the packs of lists that are due, except those that are in use again.</summary>
    async Task DeleteDueAsync(PackCensus census, List<Marker> condemned, CancellationToken cancellationToken)
    {
        foreach (var (id, pack) in census.Packs)
        {
            if (pack.CondemnedBy is not { } marker)
            {
                continue;
            }

            if (!_due.Contains(marker))
            {
                _report = _report with { Waiting = _report.Waiting.With(pack.Length) };
            }
            else if (pack.LiveChunks > 0)
            {
                _report = _report with { Resurrected = _report.Resurrected.With(pack.Length) };
            }
            else
            {
                await DeleteAsync(pack.Name, cancellationToken).ConfigureAwait(false);
                _gone.Add(id);
                _report = _report with { Deleted = _report.Deleted.With(pack.Length) };
            }
        }

        foreach (var marker in condemned.Where(marker => !_due.Contains(marker)))
        {
            Await(marker);
            var due = marker.Condemned!.Time + options.Grace;
            _report = _report with { NextDue = _report.NextDue is { } earlier && earlier < due ? earlier : due };
        }
    }

    async Task CondemnAsync(PackCensus census, IReadOnlyList<IndexSegment> segments, LiveRecords live, CancellationToken cancellationToken)
    {
        var now = repository.Time.GetUtcNow();
        var old = census.Packs.Where(pair => pair.Value.CondemnedBy is null && now - pair.Value.Modified >= options.Grace).ToList();
        var dead = old.Where(pair => pair.Value.LiveChunks == 0).Select(pair => pair.Value).ToList();

        // A damaged pack goes as soon as what is used of it lies elsewhere.
        var sparse = old.Where(pair => pair.Value.LiveChunks > 0
                && (pair.Value.LiveBytes < options.RewriteBelow * pair.Value.Bytes || _damaged.Contains(pair.Key)))
            .Select(pair => (pair.Key, pair.Value)).ToList();
        if (lease is not null && sparse.Count > 0)
        {
            await lease.EnsureAsync(cancellationToken).ConfigureAwait(false);
            var rewriter = new PackRewriter(repository);
            await rewriter.RunAsync(sparse, segments, live, done => Report("rewrite", done, sparse.Count), cancellationToken).ConfigureAwait(false);
            sparse.RemoveAll(pair => rewriter.Failed.Contains(pair.Value));
            _report = _report with { Written = rewriter.Written, NotRewritable = [.. rewriter.Failed.Select(pack => pack.Name)] };
        }

        foreach (var (_, pack) in sparse)
        {
            _report = _report with { Rewritten = _report.Rewritten.With(pack.Length) };
        }

        var condemned = dead.Concat(sparse.Select(pair => pair.Value)).ToList();
        foreach (var pack in condemned)
        {
            _report = _report with { Condemned = _report.Condemned.With(pack.Length), Waiting = _report.Waiting.With(pack.Length) };
        }

        foreach (var list in condemned.Chunk(PacksPerList).Where(_ => lease is not null))
        {
            await CondemnAsync(list, now, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes a list, and then lists the sessions: those that may have looked for lists before this one was there.</summary>
    async Task CondemnAsync(PackUse[] packs, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await lease!.EnsureAsync(cancellationToken).ConfigureAwait(false);
        var id = RandomId.Create();
        var note = new CondemnedNote(now, [.. packs.Select(pack => pack.Name)]);
        var marker = new Marker(id, ObjectNames.CondemnedList(id)) { Condemned = note };
        await repository.Sessions.Notes.PutAsync(marker.Name, NoteKind.Condemned, note, NoteJson.Default.CondemnedNote, cancellationToken).ConfigureAwait(false);
        foreach (var pack in packs)
        {
            pack.CondemnedBy = marker;
        }

        _alive = await new SessionCloser(repository, options.SessionLimit).ListAsync(cancellationToken).ConfigureAwait(false);
        await _markers.AwaitAsync([marker], _alive.Keys, isDryRun: false, cancellationToken).ConfigureAwait(false);
        Await(marker);
        _report = _report with { NextDue = _report.NextDue ?? now + options.Grace };
    }

    /// <summary>
    /// Takes packs that do not exist out of the index, and then the lists that are carried out off the store: a writer that finds no list must find no
    /// record either.
    /// </summary>
    async Task SweepAsync(
        PackCensus census, IReadOnlyList<IndexSegment> segments, LiveRecords live, List<Marker> condemned, CancellationToken cancellationToken)
    {
        _gone.UnionWith(segments.SelectMany(segment => segment.Packs).Select(pack => pack.Header.Id)
            .Where(id => !census.Packs.ContainsKey(id) && !live.Lost.Contains(id)));
        if (lease is null)
        {
            return;
        }

        var sweep = new IndexSweep(repository, lease);
        await sweep.RunAsync(_gone, cancellationToken).ConfigureAwait(false);
        _report = _report with { SegmentsRewritten = sweep.Rewritten };
        foreach (var marker in condemned.Where(_due.Contains))
        {
            await lease.EnsureAsync(cancellationToken).ConfigureAwait(false);
            await _markers.RemoveAsync(marker, cancellationToken).ConfigureAwait(false);
        }
    }

    async Task RemoveMarkerAsync(Marker marker, CancellationToken cancellationToken)
    {
        foreach (var prefix in (string[])[ObjectNames.HoldsOf(marker.Id), marker.Name + "."])
        {
            foreach (var left in await repository.Sessions.Notes.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
            {
                await Store.DeleteAsync(left.Name, cancellationToken).ConfigureAwait(false);
            }
        }

        await _markers.RemoveAsync(marker, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Notes whose subject is gone: of interrupted prunes, and of writers that died while they ended.</summary>
    async Task RemoveOrphansAsync(List<string> orphans, CancellationToken cancellationToken)
    {
        if (lease is null)
        {
            return;
        }

        var sessions = await repository.Sessions.Notes.ListAsync(ObjectNames.Sessions, cancellationToken).ConfigureAwait(false);
        var names = sessions.Select(info => info.Name).ToHashSet(StringComparer.Ordinal);
        orphans.AddRange(names.Where(name => name.EndsWith(ObjectNames.AliveSuffix, StringComparison.Ordinal)
            && !names.Contains(name[..^ObjectNames.AliveSuffix.Length])));
        foreach (var name in orphans)
        {
            await Store.DeleteAsync(name, cancellationToken).ConfigureAwait(false);
        }
    }

    async ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
    {
        if (lease is not null)
        {
            await lease.EnsureAsync(cancellationToken).ConfigureAwait(false);
            await Store.DeleteAsync(name, cancellationToken).ConfigureAwait(false);
        }
    }

    void Await(Marker marker) => _awaited.UnionWith(marker.Waiting!);

    IReadOnlyList<WaitingSession> WaitingFor() =>
    [
        .. _alive.Values.Where(session => _awaited.Contains(session.Id)).OrderBy(session => session.Started)
            .Select(session => new WaitingSession(session.Id, session.Owner, session.Started, session.LastSeen, session.LastSeen + options.SessionLimit)),
    ];

    void Report(string step, long done, long total) => progress?.Report(new PruneProgress(step, done, total));
}
