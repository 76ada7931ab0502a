namespace VmProxy.Repository.Maintenance;

/// <summary>Lists the writers at work, and closes those that have been silent for too long.</summary>
internal sealed class SessionCloser(BackupRepository repository, TimeSpan limit)
{
    NoteStore Notes => repository.Sessions.Notes;

    /// <summary>Sessions that were closed, also by a closing that an earlier prune had begun.</summary>
    public int Closed { get; private set; }

    /// <summary>The writers at work now.</summary>
    public async Task<Dictionary<string, LiveSession>> ListAsync(CancellationToken cancellationToken) =>
        (await ListAsync(null, cancellationToken).ConfigureAwait(false)).ToDictionary(session => session.Id, StringComparer.Ordinal);

    /// <summary>The writers at work now, after the silent ones were closed.</summary>
    public async Task<Dictionary<string, LiveSession>> ListAndCloseAsync(MaintenanceLease lease, CancellationToken cancellationToken)
    {
        var closing = new HashSet<string>(StringComparer.Ordinal);
        var sessions = await ListAsync(closing, cancellationToken).ConfigureAwait(false);
        var now = repository.Time.GetUtcNow();
        var silent = sessions.Where(session => closing.Contains(session.Id) || now - session.LastSeen > limit).ToList();
        if (silent.Count > 0)
        {
            await CloseAsync(silent, closing, lease, cancellationToken).ConfigureAwait(false);
            sessions.RemoveAll(silent.Contains);
        }

        return sessions.ToDictionary(session => session.Id, StringComparer.Ordinal);
    }

    async Task CloseAsync(List<LiveSession> silent, HashSet<string> closing, MaintenanceLease lease, CancellationToken cancellationToken)
    {
        await lease.EnsureAsync(cancellationToken).ConfigureAwait(false);
        foreach (var session in silent.Where(session => !closing.Contains(session.Id)))
        {
            await repository.Sessions.BeginClosingAsync(session.Id, cancellationToken).ConfigureAwait(false);
        }

        // Points that are written from now on see that their session is closing.
        var points = await repository.PointStore.ListAsync(cancellationToken).ConfigureAwait(false);
        var unreadable = points.Damaged.Select(error => error.Object[(error.Object.LastIndexOf('/') + 1)..]).ToList();
        foreach (var session in silent)
        {
            var mine = points.Entries.Where(entry => entry.Point.Session == session.Id).Select(entry => entry.Name.ToString()).Concat(unreadable);
            await repository.Sessions.DecideAsync(session.Id, [.. mine], cancellationToken).ConfigureAwait(false);
            await repository.Sessions.EndAsync(ParseId(session.Id), cancellationToken).ConfigureAwait(false);
            Closed++;
        }
    }

    async Task<List<LiveSession>> ListAsync(HashSet<string>? closing, CancellationToken cancellationToken)
    {
        var sessions = new List<LiveSession>();
        foreach (var info in await Notes.ListAsync(ObjectNames.Sessions, cancellationToken).ConfigureAwait(false))
        {
            if (info.Name.EndsWith(ObjectNames.ClosingSuffix, StringComparison.Ordinal))
            {
                closing?.Add(info.Name[ObjectNames.Sessions.Length..^ObjectNames.ClosingSuffix.Length]);
            }
            else if (ObjectNames.TryParse(info.Name, out var id))
            {
                sessions.Add(await ReadAsync(id.ToString(), info, cancellationToken).ConfigureAwait(false));
            }
        }

        return sessions;
    }

    // Only the name counts for safety. What cannot be read makes the session look as old as its object.
    async Task<LiveSession> ReadAsync(string id, ObjectInfo info, CancellationToken cancellationToken)
    {
        try
        {
            var note = await Notes.TryReadAsync(info.Name, NoteKind.Session, NoteJson.Default.SessionNote, cancellationToken).ConfigureAwait(false);
            var alive = await Notes.TryReadAsync(info.Name + ObjectNames.AliveSuffix, NoteKind.Alive, NoteJson.Default.AliveNote, cancellationToken)
                .ConfigureAwait(false);
            var started = note?.Started ?? info.Modified;
            return new LiveSession(id, note?.Owner ?? "unknown", started, alive?.Time ?? started);
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged)
        {
            return new LiveSession(id, "unknown", info.Modified, info.Modified);
        }
    }

    static RandomId ParseId(string id) => RandomId.TryParse(id, out var parsed) ? parsed : throw new InvalidOperationException($"'{id}' is no session.");
}
