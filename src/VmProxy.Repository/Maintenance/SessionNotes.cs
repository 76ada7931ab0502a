namespace VmProxy.Repository.Maintenance;

/// <summary>What the sessions' notes say about sessions and about the points that they wrote.</summary>
internal sealed class SessionNotes(NoteStore notes, TimeProvider time)
{
    public NoteStore Notes => notes;

    /// <summary>Announces a writer. It must do so before it looks at anything that it will rely on.</summary>
    public async ValueTask<RandomId> BeginAsync(string owner, CancellationToken cancellationToken)
    {
        var id = RandomId.Create();
        await notes.PutAsync(ObjectNames.Session(id), NoteKind.Session, new SessionNote(time.GetUtcNow(), owner), NoteJson.Default.SessionNote, cancellationToken)
            .ConfigureAwait(false);
        return id;
    }

    /// <summary>Shows that the writer lives, in a note of its own: the session's note must never be replaced, or a listing could miss it.</summary>
    public ValueTask TouchAsync(RandomId session, CancellationToken cancellationToken) => notes.PutAsync(
        ObjectNames.Session(session) + ObjectNames.AliveSuffix, NoteKind.Alive, new AliveNote(time.GetUtcNow()), NoteJson.Default.AliveNote, cancellationToken);

    public async ValueTask EndAsync(RandomId session, CancellationToken cancellationToken)
    {
        await notes.DeleteAsync(ObjectNames.Session(session), cancellationToken).ConfigureAwait(false);
        await notes.DeleteAsync(ObjectNames.Session(session) + ObjectNames.AliveSuffix, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<bool> IsAtWorkAsync(RandomId session, CancellationToken cancellationToken) =>
        notes.ExistsAsync(ObjectNames.Session(session), cancellationToken);

    public ValueTask<bool> IsClosingAsync(string session, CancellationToken cancellationToken) =>
        notes.ExistsAsync(ObjectNames.Sessions + session + ObjectNames.ClosingSuffix, cancellationToken);

    public ValueTask<ClosedNote?> TryReadClosedAsync(string session, CancellationToken cancellationToken) => notes.TryReadAsync(
        ObjectNames.Sessions + session + ObjectNames.ClosedSuffix, NoteKind.Closed, NoteJson.Default.ClosedNote, cancellationToken);

    public ValueTask BeginClosingAsync(string session, CancellationToken cancellationToken) => notes.PutAsync(
        ObjectNames.Sessions + session + ObjectNames.ClosingSuffix, NoteKind.Closing, new ClosingNote(time.GetUtcNow()), NoteJson.Default.ClosingNote,
        cancellationToken);

    /// <summary>
    /// Decides which points of a closing session are valid, unless it is decided. The first one decides: a prune with the points that it listed after
    /// the session was closing, or the writer with the point that it has just written.
    /// </summary>
    /// <returns>The decision.</returns>
    public async ValueTask<ClosedNote> DecideAsync(string session, IReadOnlyList<string> points, CancellationToken cancellationToken)
    {
        var mine = new ClosedNote(time.GetUtcNow(), points);
        var name = ObjectNames.Sessions + session + ObjectNames.ClosedSuffix;
        return await notes.PutIfAbsentAsync(name, NoteKind.Closed, mine, NoteJson.Default.ClosedNote, cancellationToken).ConfigureAwait(false)
            ? mine
            : await TryReadClosedAsync(session, cancellationToken).ConfigureAwait(false)
                ?? throw RepositoryException.Damaged(name, "It cannot be written, as if it existed, and cannot be read.");
    }
}
