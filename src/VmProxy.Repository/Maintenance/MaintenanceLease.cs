namespace VmProxy.Repository.Maintenance;

/// <summary>
/// At most one maintains the repository at a time, by its own reckoning; nothing depends on it but wasted work, since an owner may be suspended between
/// looking at the lease and acting. Every change of owner makes the epoch grow, and an owner looks again before each step that removes anything.
/// </summary>
internal sealed class MaintenanceLease
{
    readonly IObjectStore _store;
    readonly NoteStore _notes;
    readonly TimeProvider _time;
    readonly TimeSpan _length;
    LeaseNote _note;
    byte[] _bytes;

    MaintenanceLease(IObjectStore store, NoteStore notes, TimeProvider time, TimeSpan length, LeaseNote note, byte[] bytes) =>
        (_store, _notes, _time, _length, _note, _bytes) = (store, notes, time, length, note, bytes);

    public long Epoch => _note.Epoch;

    /// <exception cref="RepositoryException">REPO_LEASE_HELD.</exception>
    public static async Task<MaintenanceLease> AcquireAsync(
        IObjectStore store, NoteStore notes, TimeProvider time, TimeSpan length, string owner, CancellationToken cancellationToken)
    {
        var current = await store.TryReadAllAsync(ObjectNames.Lease, cancellationToken).ConfigureAwait(false);
        var before = current is null ? null : await TryDecodeAsync(notes, current, cancellationToken).ConfigureAwait(false);
        var now = time.GetUtcNow();
        if (before is not null && before.Expires > now)
        {
            throw Held(before);
        }

        var note = new LeaseNote((before?.Epoch ?? 0) + 1, owner, RandomId.Create().ToString(), now + length);
        var bytes = Encode(notes, note);
        var isMine = current is null
            ? await store.PutIfAbsentAsync(ObjectNames.Lease, bytes, cancellationToken).ConfigureAwait(false)
            : await store.ReplaceAsync(ObjectNames.Lease, current, bytes, cancellationToken).ConfigureAwait(false);
        return isMine ? new MaintenanceLease(store, notes, time, length, note, bytes) : throw Held(null);
    }

    /// <summary>Makes sure that nobody has taken over, and extends the lease when half of it is over.</summary>
    /// <exception cref="RepositoryException">REPO_LEASE_LOST.</exception>
    public async ValueTask EnsureAsync(CancellationToken cancellationToken)
    {
        var current = await _store.TryReadAllAsync(ObjectNames.Lease, cancellationToken).ConfigureAwait(false);
        if (current is null || !current.AsSpan().SequenceEqual(_bytes))
        {
            throw Lost();
        }

        var now = _time.GetUtcNow();
        if (_note.Expires - now < _length / 2 && !await ReplaceAsync(now + _length, cancellationToken).ConfigureAwait(false))
        {
            throw Lost();
        }
    }

    /// <summary>Lets others have it at once. A failure is harmless: it expires.</summary>
    public async ValueTask ReleaseAsync()
    {
        try
        {
            await ReplaceAsync(DateTimeOffset.UnixEpoch, CancellationToken.None).ConfigureAwait(false);
        }
        catch (RepositoryException)
        {
            // It expires by itself.
        }
    }

    async ValueTask<bool> ReplaceAsync(DateTimeOffset expires, CancellationToken cancellationToken)
    {
        var note = _note with { Expires = expires };
        var bytes = Encode(_notes, note);
        if (!await _store.ReplaceAsync(ObjectNames.Lease, _bytes, bytes, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        (_note, _bytes) = (note, bytes);
        return true;
    }

    static byte[] Encode(NoteStore notes, LeaseNote note) => notes.Encode(ObjectNames.Lease, NoteKind.Lease, note, NoteJson.Default.LeaseNote);

    // A damaged lease protects nobody: it may be replaced like one that has expired.
    static async ValueTask<LeaseNote?> TryDecodeAsync(NoteStore notes, byte[] bytes, CancellationToken cancellationToken)
    {
        try
        {
            await notes.EnsureEpochAsync(bytes, cancellationToken).ConfigureAwait(false);
            return notes.Decode(ObjectNames.Lease, NoteKind.Lease, bytes, NoteJson.Default.LeaseNote);
        }
        catch (RepositoryException error) when (error.Code == RepositoryErrorCodes.Damaged)
        {
            return null;
        }
    }

    static RepositoryException Held(LeaseNote? by) => new(RepositoryErrorCodes.LeaseHeld, ObjectNames.Lease, by is null
        ? "Another process has begun to maintain the repository at the same moment. Try again later."
        : $"The repository is maintained by {by.Owner}, until {by.Expires:u} unless it goes on. Wait for it, or try again later.");

    RepositoryException Lost() => new(RepositoryErrorCodes.LeaseLost, ObjectNames.Lease,
        $"Another process took over the maintenance of the repository from {_note.Owner}, which was silent for too long. Nothing is damaged; run it again.");
}
