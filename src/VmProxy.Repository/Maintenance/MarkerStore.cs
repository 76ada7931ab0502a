namespace VmProxy.Repository.Maintenance;

/// <summary>Reads trash and condemned lists, and lets each wait for the sessions that were at work after it was there.</summary>
internal sealed class MarkerStore(NoteStore notes)
{
    public async Task<(List<Marker> Trash, List<Marker> Condemned, List<string> Orphans)> LoadAsync(CancellationToken cancellationToken)
    {
        var orphans = new List<string>();
        var trash = await LoadAsync(ObjectNames.Trash, orphans, cancellationToken).ConfigureAwait(false);
        var condemned = await LoadAsync(ObjectNames.Condemned, orphans, cancellationToken).ConfigureAwait(false);
        return (trash, condemned, orphans);
    }

    /// <summary>Gives markers their sessions; <paramref name="alive"/> was listed after the markers.</summary>
    public async Task AwaitAsync(IEnumerable<Marker> markers, IReadOnlyCollection<string> alive, bool isDryRun, CancellationToken cancellationToken)
    {
        foreach (var marker in markers.Where(marker => marker.Waiting is null))
        {
            if (alive.Count > 0 && !isDryRun)
            {
                await notes.PutAsync(
                    marker.WaitingName, NoteKind.Waiting, new WaitingNote([.. alive]), NoteJson.Default.WaitingNote, cancellationToken).ConfigureAwait(false);
            }

            marker.Waiting = [.. alive];
        }
    }

    public async Task RemoveAsync(Marker marker, CancellationToken cancellationToken)
    {
        await notes.DeleteAsync(marker.WaitingName, cancellationToken).ConfigureAwait(false);
        await notes.DeleteAsync(marker.Name, cancellationToken).ConfigureAwait(false);
    }

    async Task<List<Marker>> LoadAsync(string prefix, List<string> orphans, CancellationToken cancellationToken)
    {
        var names = (await notes.ListAsync(prefix, cancellationToken).ConfigureAwait(false)).Select(info => info.Name).ToHashSet(StringComparer.Ordinal);
        var markers = new List<Marker>();
        foreach (var name in names)
        {
            if (!ObjectNames.TryParse(name, out var id))
            {
                if (name.EndsWith(ObjectNames.WaitingSuffix, StringComparison.Ordinal) && !names.Contains(name[..^ObjectNames.WaitingSuffix.Length]))
                {
                    orphans.Add(name);
                }

                continue;
            }

            CondemnedNote? condemned = null;
            if (prefix == ObjectNames.Condemned)
            {
                condemned = await notes.TryReadAsync(name, NoteKind.Condemned, NoteJson.Default.CondemnedNote, cancellationToken).ConfigureAwait(false);
                if (condemned is null)
                {
                    continue; // carried out since, by an owner before us
                }
            }

            markers.Add(new Marker(id, name)
            {
                Condemned = condemned,
                Waiting = names.Contains(name + ObjectNames.WaitingSuffix) ? await WaitingAsync(name, cancellationToken).ConfigureAwait(false) : null,
            });
        }

        return markers;
    }

    // A note that cannot be read is made again from a later listing, which only makes it wait longer.
    async Task<HashSet<string>?> WaitingAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var note = await notes.TryReadAsync(name + ObjectNames.WaitingSuffix, NoteKind.Waiting, NoteJson.Default.WaitingNote, cancellationToken)
                .ConfigureAwait(false);
            return note is null ? null : [.. note.Sessions];
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged)
        {
            return null;
        }
    }
}
