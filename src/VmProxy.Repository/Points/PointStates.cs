using VmProxy.Repository.Maintenance;

namespace VmProxy.Repository.Points;

/// <summary>
/// Says what point objects are. It must be loaded after the points were listed or read: whoever sees a point that came too late then also sees that
/// its session was closing. The trash is listed before them as well: a prune may take a point and its marker away in between, and a point that had been
/// deleted long before would seem to be one again.
/// </summary>
internal sealed class PointStates
{
    readonly SessionNotes _sessions;
    readonly HashSet<string> _trash = new(StringComparer.Ordinal);
    readonly HashSet<string> _held = new(StringComparer.Ordinal);
    readonly HashSet<string> _closing = new(StringComparer.Ordinal);
    readonly Dictionary<string, ClosedNote?> _closed = new(StringComparer.Ordinal);

    PointStates(SessionNotes sessions) => _sessions = sessions;

    /// <summary>Begins before the points are listed or read; <see cref="LoadAsync"/> comes after.</summary>
    public static async Task<PointStates> BeginAsync(SessionNotes sessions, CancellationToken cancellationToken)
    {
        var states = new PointStates(sessions);
        await states.AddTrashAsync(cancellationToken).ConfigureAwait(false);
        return states;
    }

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        await AddTrashAsync(cancellationToken).ConfigureAwait(false);
        if (_trash.Count > 0)
        {
            foreach (var note in await _sessions.Notes.ListAsync(ObjectNames.Holds, cancellationToken).ConfigureAwait(false))
            {
                _held.Add(note.Name[ObjectNames.Holds.Length..].Split('.')[0]);
            }
        }

        foreach (var note in await _sessions.Notes.ListAsync(ObjectNames.Sessions, cancellationToken).ConfigureAwait(false))
        {
            if (note.Name.EndsWith(ObjectNames.ClosingSuffix, StringComparison.Ordinal))
            {
                _closing.Add(note.Name[ObjectNames.Sessions.Length..^ObjectNames.ClosingSuffix.Length]);
            }
        }
    }

    /// <exception cref="RepositoryException">REPO_DAMAGED: what its session's closing says cannot be read.</exception>
    public async ValueTask<PointState> OfAsync(RandomId name, RestorePoint point, CancellationToken cancellationToken)
    {
        if (point.Session is { } session && _closing.Contains(session))
        {
            ClosedNote? closed;
            try
            {
                closed = await ClosedAsync(session, cancellationToken).ConfigureAwait(false);
            }
            catch (RepositoryException error) when (error.Code is not RepositoryErrorCodes.StoreFailed && IsTrashed(name))
            {
                return PointState.Trashed; // nobody needs to know any more
            }

            if (closed?.Points.Contains(name.ToString()) == false)
            {
                return PointState.Void;
            }

            if (closed is null && !IsTrashed(name))
            {
                return PointState.Undecided;
            }
        }

        return IsTrashed(name) ? PointState.Trashed : PointState.Valid;
    }

    async Task AddTrashAsync(CancellationToken cancellationToken)
    {
        foreach (var note in await _sessions.Notes.ListAsync(ObjectNames.Trash, cancellationToken).ConfigureAwait(false))
        {
            _trash.Add(note.Name[ObjectNames.Trash.Length..]);
        }
    }

    async ValueTask<ClosedNote?> ClosedAsync(string session, CancellationToken cancellationToken)
    {
        if (!_closed.TryGetValue(session, out var closed))
        {
            closed = _closed[session] = await _sessions.TryReadClosedAsync(session, cancellationToken).ConfigureAwait(false);
        }

        return closed;
    }

    // A hold that was acknowledged came before any marker; one that is on its way to fail hides the marker for a moment.
    bool IsTrashed(RandomId name) => _trash.Contains(name.ToString()) && !_held.Contains(name.ToString());
}
