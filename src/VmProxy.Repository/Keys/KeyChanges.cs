namespace VmProxy.Repository.Keys;

/// <summary>One change of keys, planned from the ring that counted when it was planned.</summary>
/// <param name="Ring">The next ring.</param>
/// <param name="MasterKey">Seals it.</param>
/// <param name="Slots">New slots, which the ring lists.</param>
/// <param name="IsIn">Whether a later ring holds the change.</param>
/// <param name="Result">What the caller gets.</param>
internal sealed record KeyChange<T>(
    KeyRing Ring, byte[] MasterKey, IReadOnlyList<(RandomId Id, byte[] Bytes)> Slots, Func<KeyRing, bool> IsIn, T Result);

/// <summary>
/// Makes changes of keys (docs/FORMAT.md, "Changes of keys"). New slots, then the next ring under the name that its sequence gives: of two changes at the
/// same time, one finds the name taken and is planned anew. Only then what the change has made useless goes.
/// </summary>
internal sealed class KeyChanges(KeyChain chain)
{
    const int Attempts = 8;

    readonly IObjectStore _store = chain.Store;

    public async Task<T> MakeAsync<T>(Func<OpenedKeys, Task<KeyChange<T>>> plan, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            using var opened = await chain.OpenAsync(cancellationToken).ConfigureAwait(false);
            var change = await plan(opened).ConfigureAwait(false);
            if (change.Ring.Slots.Count > KeyRing.MaxSlots)
            {
                throw new RepositoryException(RepositoryErrorCodes.KeyRefused, _store.Location, $"A repository has at most {KeyRing.MaxSlots} keys.");
            }

            if (await TryMakeAsync(change, opened, cancellationToken).ConfigureAwait(false))
            {
                return change.Result;
            }
        }

        throw KeyChain.Damaged(_store.Location,
            $"The keys of {_store.Location} cannot be changed: others change them all the time, or the newest key ring is damaged. Nothing was changed.");
    }

    async Task<bool> TryMakeAsync<T>(KeyChange<T> change, OpenedKeys before, CancellationToken cancellationToken)
    {
        var name = KeyRing.Name(chain.RepositoryId, change.Ring.Sequence, 0);
        var content = change.Ring.Encode(change.MasterKey);
        foreach (var (id, bytes) in change.Slots)
        {
            await _store.PutAsync(ObjectNames.KeySlot(id), bytes, cancellationToken).ConfigureAwait(false);
        }

        if (await _store.PutIfAbsentAsync(name, content, cancellationToken).ConfigureAwait(false))
        {
            // From here on the change is made; what follows is not given up half way.
            var rings = await ReadRingsAsync().ConfigureAwait(false);
            if (rings[0].Sequence == change.Ring.Sequence)
            {
                await _store.PutAsync(KeyRing.Name(chain.RepositoryId, change.Ring.Sequence, 1), content, CancellationToken.None).ConfigureAwait(false);
                await CleanAsync(change.Ring, change.MasterKey, before.Ring, rings).ConfigureAwait(false);
                return true;
            }

            if (await IsInAsync(change, rings[0]).ConfigureAwait(false))
            {
                return true;
            }

            // We slept while the keys were changed, and the name was free only because its ring has gone already. It never counted.
            await _store.DeleteAsync(name, CancellationToken.None).ConfigureAwait(false);
        }

        foreach (var (id, _) in change.Slots)
        {
            await _store.DeleteAsync(ObjectNames.KeySlot(id), CancellationToken.None).ConfigureAwait(false);
        }

        return false;
    }

    async Task<bool> IsInAsync<T>(KeyChange<T> change, StoredRing later)
    {
        if (later.MasterId == change.Ring.MasterId)
        {
            using var ring = KeyRing.Decode(later.Name, later.Content, change.MasterKey);
            return change.IsIn(ring);
        }

        using var opened = await chain.OpenAsync(CancellationToken.None).ConfigureAwait(false);
        return change.IsIn(opened.Ring);
    }

    /// <summary>Removes the slots that the ring has dropped, and then the rings before it, also those that an interrupted change has left.</summary>
    async Task CleanAsync(KeyRing ring, byte[] masterKey, KeyRing before, List<StoredRing> rings)
    {
        var dropped = before.Slots.ToHashSet();
        foreach (var older in rings.Where(older => older.Sequence < ring.Sequence && older.MasterId == ring.MasterId))
        {
            try
            {
                using var decoded = KeyRing.Decode(older.Name, older.Content, masterKey);
                dropped.UnionWith(decoded.Slots);
            }
            catch (RepositoryException)
            {
                // Not ours to read; it goes all the same.
            }
        }

        dropped.ExceptWith(ring.Slots);
        var oldMasters = rings.Select(older => older.MasterId).Where(id => id != ring.MasterId).ToHashSet();
        foreach (var slot in await chain.ReadSlotsAsync(CancellationToken.None).ConfigureAwait(false))
        {
            if (dropped.Contains(slot.Id) || (slot.Slot is { } stored && oldMasters.Contains(stored.MasterId)))
            {
                await _store.DeleteAsync(ObjectNames.KeySlot(slot.Id), CancellationToken.None).ConfigureAwait(false);
            }
        }

        // The lowest first: no ring may outlive one that was put in its place.
        foreach (var older in rings.Where(older => older.Sequence < ring.Sequence).Reverse())
        {
            await _store.DeleteAsync(older.Name, CancellationToken.None).ConfigureAwait(false);
        }
    }

    async Task<List<StoredRing>> ReadRingsAsync() =>
        await chain.ReadRingsAsync(await chain.RingNamesAsync(CancellationToken.None).ConfigureAwait(false), CancellationToken.None).ConfigureAwait(false);
}
