namespace VmProxy.Repository.Maintenance;

/// <summary>
/// Deleting and holding points, without locks. Whoever deletes says so first (an intent), then looks for holds; whoever holds writes the hold first, then
/// looks for intents: of two at the same time at least one sees the other and gives way. Each removes only what it wrote itself. The marker that
/// follows an intent is never taken back, so that a prune may act on it however late.
/// </summary>
internal sealed class PointMarks(BackupRepository repository)
{
    NoteStore Notes => repository.Sessions.Notes;

    public async Task DeleteAsync(string id, CancellationToken cancellationToken)
    {
        _ = await repository.PointStore.ReadAsync(id, cancellationToken).ConfigureAwait(false);
        var point = repository.Keys.PointName(id);
        await RequireNotHeldAsync(id, point, cancellationToken).ConfigureAwait(false);
        var note = new TrashNote(repository.Time.GetUtcNow(), id);
        var intent = ObjectNames.DeletionIntent(point, RandomId.Create());
        await Notes.PutAsync(intent, NoteKind.Trash, note, NoteJson.Default.TrashNote, cancellationToken).ConfigureAwait(false);
        try
        {
            await RequireNotHeldAsync(id, point, cancellationToken).ConfigureAwait(false);
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.PointHeld)
        {
            await Notes.DeleteAsync(intent, CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        await Notes.PutAsync(ObjectNames.Trashed(point), NoteKind.Trash, note, NoteJson.Default.TrashNote, cancellationToken).ConfigureAwait(false);
        await Notes.DeleteAsync(intent, CancellationToken.None).ConfigureAwait(false);
    }

    public async Task HoldAsync(string id, string reason, CancellationToken cancellationToken)
    {
        _ = await repository.PointStore.ReadAsync(id, cancellationToken).ConfigureAwait(false);
        var point = repository.Keys.PointName(id);
        var hold = ObjectNames.Hold(point, RandomId.Create());
        await Notes.PutAsync(hold, NoteKind.Hold, new HoldNote(repository.Time.GetUtcNow(), id, reason), NoteJson.Default.HoldNote, cancellationToken)
            .ConfigureAwait(false);

        // Markers first, then the point: a prune takes them away the other way round.
        if ((await Notes.ListAsync(ObjectNames.Trashed(point), cancellationToken).ConfigureAwait(false)).Count > 0
            || !await Notes.ExistsAsync(ObjectNames.Point(point), cancellationToken).ConfigureAwait(false))
        {
            await Notes.DeleteAsync(hold, CancellationToken.None).ConfigureAwait(false);
            throw repository.PointStore.NotFound(id);
        }
    }

    public async Task ReleaseAsync(string id, CancellationToken cancellationToken)
    {
        _ = await repository.PointStore.ReadAsync(id, cancellationToken).ConfigureAwait(false);
        foreach (var hold in await Notes.ListAsync(ObjectNames.HoldsOf(repository.Keys.PointName(id)), cancellationToken).ConfigureAwait(false))
        {
            await Notes.DeleteAsync(hold.Name, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<IReadOnlyList<PointHold>> ListHoldsAsync(CancellationToken cancellationToken)
    {
        var holds = new List<PointHold>();
        foreach (var info in await Notes.ListAsync(ObjectNames.Holds, cancellationToken).ConfigureAwait(false))
        {
            if (await Notes.TryReadAsync(info.Name, NoteKind.Hold, NoteJson.Default.HoldNote, cancellationToken).ConfigureAwait(false) is { } note)
            {
                holds.Add(new PointHold(note.Point, note.Reason, note.Time));
            }
        }

        return [.. holds.OrderBy(hold => hold.Since)];
    }

    async ValueTask RequireNotHeldAsync(string id, RandomId point, CancellationToken cancellationToken)
    {
        if ((await Notes.ListAsync(ObjectNames.HoldsOf(point), cancellationToken).ConfigureAwait(false)).Count > 0)
        {
            throw new RepositoryException(RepositoryErrorCodes.PointHeld, id,
                $"The point {id} is held, so it was not deleted. 'vmproxy point release {id}' ends that.");
        }
    }
}
