using System.Security.Cryptography;
using VmProxy.Repository.Keys;

namespace VmProxy.Repository;

/// <summary>
/// The keys of a repository: who may open it. Every change is one new key ring (docs/FORMAT.md, "Changes of keys"): it is there as a whole or not at all,
/// of two changes at the same time one is made after the other, and whatever is interrupted leaves a repository that its keys open.
/// All members may be called from many threads and processes at once.
/// </summary>
public sealed class KeyAdministration
{
    readonly BackupRepository _repository;
    readonly KeyChain _chain;
    readonly KeyChanges _changes;

    internal KeyAdministration(BackupRepository repository, KeyChain chain) =>
        (_repository, _chain, _changes) = (repository, chain, new KeyChanges(chain));

    /// <summary>All keys, oldest first: those that open the repository, and those that should and are damaged or missing.</summary>
    public async Task<RepositoryKeyList> ListAsync(CancellationToken cancellationToken)
    {
        using var opened = await _chain.OpenAsync(cancellationToken).ConfigureAwait(false);
        var stored = (await _chain.ReadSlotsAsync(cancellationToken).ConfigureAwait(false)).ToDictionary(slot => slot.Id);
        var keys = opened.Ring.Slots.Select(id => stored.GetValueOrDefault(id) is { } slot
            ? new RepositoryKeyInfo(id.ToString(), slot.Slot?.Kind, slot.Slot?.Label ?? "", slot.Slot?.Created, id == opened.Slot, slot.Problem?.Message)
            : new RepositoryKeyInfo(id.ToString(), null, "", null, false, $"The key slot '{ObjectNames.KeySlot(id)}' is missing."));
        return new RepositoryKeyList([.. keys.OrderBy(key => key.Created ?? DateTimeOffset.MaxValue)], opened.Ring.Epochs.Count);
    }

    /// <summary>Adds a key beside the others.</summary>
    /// <param name="key">A passphrase or the content of a key file; a paper key comes from <see cref="AddPaperKeyAsync"/>.</param>
    /// <param name="label">What people call it; at most 64 bytes are kept.</param>
    /// <param name="cost">What a guess of a passphrase costs.</param>
    /// <param name="cancellationToken">Cancels; what was not complete by then has not happened.</param>
    /// <exception cref="RepositoryException">REPO_KEY_REFUSED: the repository is not encrypted, or has this key already. REPO_UNSUPPORTED_VERSION.</exception>
    public async Task<RepositoryKeyInfo> AddAsync(RepositoryKey key, string label, PassphraseCost cost, CancellationToken cancellationToken)
    {
        ThrowIfUnchangeable();
        return await _changes.MakeAsync(async opened =>
        {
            await ThrowIfThereAsync(opened, key, cancellationToken).ConfigureAwait(false);
            var (id, slot) = await NewSlotAsync(opened.Ring.MasterId, opened.MasterKey, key, label, cost).ConfigureAwait(false);
            var ring = opened.Ring.Next([.. opened.Ring.Slots, id]);
            return new KeyChange<RepositoryKeyInfo>(ring, opened.MasterKey, [(id, slot)], head => head.Slots.Contains(id), Info(id, slot));
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes a random key, adds it beside the others, and returns it to be printed. It is stored nowhere.</summary>
    /// <exception cref="RepositoryException">As <see cref="AddAsync"/>.</exception>
    public async Task<PaperKeySheet> AddPaperKeyAsync(string label, CancellationToken cancellationToken)
    {
        var key = RepositoryKey.NewPaper();
        var info = await AddAsync(key, label, PassphraseCost.Default, cancellationToken).ConfigureAwait(false);
        return new PaperKeySheet(info, PaperKey.Format(key.Secret));
    }

    /// <summary>Puts another key in the place of the one with which the repository was opened, in one step. Its label stays.</summary>
    /// <exception cref="RepositoryException">As <see cref="AddAsync"/>.</exception>
    public async Task<RepositoryKeyInfo> ReplaceAsync(RepositoryKey key, PassphraseCost cost, CancellationToken cancellationToken)
    {
        ThrowIfUnchangeable();
        return await _changes.MakeAsync(async opened =>
        {
            await ThrowIfThereAsync(opened, key, cancellationToken).ConfigureAwait(false);
            var label = (await _chain.ReadSlotsAsync(cancellationToken).ConfigureAwait(false)).Find(slot => slot.Id == opened.Slot)?.Slot?.Label ?? "";
            var (id, slot) = await NewSlotAsync(opened.Ring.MasterId, opened.MasterKey, key, label, cost).ConfigureAwait(false);
            var ring = opened.Ring.Next([.. opened.Ring.Slots.Where(other => other != opened.Slot), id]);
            return new KeyChange<RepositoryKeyInfo>(ring, opened.MasterKey, [(id, slot)], head => head.Slots.Contains(id), Info(id, slot));
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Removes a key: its slot goes, and programs refuse it. Whoever has a copy of that slot, or has seen the master key, can still read what he can
    /// get at; see <see cref="RemoveAndRenewAsync"/>.
    /// </summary>
    /// <param name="id">The key's id, or a unique beginning of it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="RepositoryException">REPO_KEY_REFUSED: there is no such key, or it is the one with which the repository was opened, so that nothing proves that another one works.</exception>
    public async Task<RepositoryKeyInfo> RemoveAsync(string id, CancellationToken cancellationToken)
    {
        ThrowIfUnchangeable();
        return await _changes.MakeAsync(async opened =>
        {
            var (removed, info) = await FindRemovableAsync(opened, id, cancellationToken).ConfigureAwait(false);
            var ring = opened.Ring.Next([.. opened.Ring.Slots.Where(slot => slot != removed)]);
            return new KeyChange<RepositoryKeyInfo>(ring, opened.MasterKey, [], head => !head.Slots.Contains(removed), info);
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Removes a key and renews the master key and the epoch, so that its owner cannot read what is written from now on even if he has kept a copy of everything.
    /// The other keys are wrapped anew, which needs them all.
    /// </summary>
    /// <param name="id">The key's id, or a unique beginning of it.</param>
    /// <param name="others">Every remaining key beside the one with which the repository was opened.</param>
    /// <param name="cost">What a guess of a passphrase costs.</param>
    /// <param name="cancellationToken">Cancels; what was not complete by then has not happened.</param>
    /// <exception cref="RepositoryException">REPO_KEY_REFUSED: as <see cref="RemoveAsync"/>, or a remaining key is not among <paramref name="others"/>.</exception>
    public async Task<RepositoryKeyInfo> RemoveAndRenewAsync(
        string id, IReadOnlyList<RepositoryKey> others, PassphraseCost cost, CancellationToken cancellationToken)
    {
        ThrowIfUnchangeable();
        return await _changes.MakeAsync(async opened =>
        {
            var (removed, info) = await FindRemovableAsync(opened, id, cancellationToken).ConfigureAwait(false);
            var (masterId, masterKey) = (RandomId.Create(), RandomNumberGenerator.GetBytes(KeySlot.MasterKeyLength));
            var slots = new List<(RandomId Id, byte[] Bytes)>();
            foreach (var (slot, key) in await MatchAsync(opened, removed, [_chain.Key!, .. others], cancellationToken).ConfigureAwait(false))
            {
                slots.Add(await KeySlot.CreateAsync(
                    _chain.RepositoryId, masterId, masterKey, key, cost, slot.Label, slot.Created).ConfigureAwait(false));
            }

            var ring = opened.Ring.Rotated(masterId, [.. slots.Select(slot => slot.Id)]);
            return new KeyChange<RepositoryKeyInfo>(ring, masterKey, slots, head => head.Slots.Contains(slots[0].Id), info);
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Begins a new epoch: what is written from now on is sealed with a new secret. Nothing is rewritten; prune re-encrypts what it moves.</summary>
    /// <returns>The new epoch.</returns>
    /// <exception cref="RepositoryException">REPO_KEY_REFUSED: the repository is not encrypted. REPO_UNSUPPORTED_VERSION.</exception>
    public async Task<long> RotateAsync(CancellationToken cancellationToken)
    {
        ThrowIfUnchangeable();
        return await _changes.MakeAsync(opened =>
        {
            var ring = opened.Ring.Rotated(opened.Ring.MasterId, opened.Ring.Slots);
            var secret = ring.Epochs[ring.CurrentEpoch];
            return Task.FromResult(new KeyChange<long>(
                ring, opened.MasterKey, [], head => head.Epochs.GetValueOrDefault(ring.CurrentEpoch)?.AsSpan().SequenceEqual(secret) == true, ring.CurrentEpoch));
        }, cancellationToken).ConfigureAwait(false);
    }

    void ThrowIfUnchangeable()
    {
        _repository.ThrowIfNotWritable();
        if (!_repository.IsEncrypted)
        {
            throw Refused(_repository.Store.Location, $"The repository {_repository.Store.Location} is not encrypted, so it has no keys to change.");
        }
    }

    async Task<(RandomId Id, byte[] Bytes)> NewSlotAsync(RandomId masterId, byte[] masterKey, RepositoryKey key, string label, PassphraseCost cost) =>
        await KeySlot.CreateAsync(_chain.RepositoryId, masterId, masterKey, key, cost, label, _repository.Time.GetUtcNow()).ConfigureAwait(false);

    async Task ThrowIfThereAsync(OpenedKeys opened, RepositoryKey key, CancellationToken cancellationToken)
    {
        foreach (var (id, slot, _) in await _chain.ReadSlotsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (slot is not null && opened.Ring.Slots.Contains(id) && await slot.TryUnwrapAsync(key).ConfigureAwait(false) is not null)
            {
                throw Refused(id.ToString(), $"This {key} opens the repository already: it is key {id} ({slot.Label}). Nothing was changed.");
            }
        }
    }

    async Task<(RandomId Id, RepositoryKeyInfo Info)> FindRemovableAsync(OpenedKeys opened, string id, CancellationToken cancellationToken)
    {
        var fitting = opened.Ring.Slots.Where(slot => id.Length > 0 && slot.ToString().StartsWith(id, StringComparison.OrdinalIgnoreCase)).ToList();
        if (fitting is not [var found])
        {
            throw Refused(id, fitting.Count == 0
                ? $"There is no key '{id}'. 'vmproxy repo keys list' names them."
                : $"{fitting.Count} keys begin with '{id}'. Give more of the id.");
        }

        if (found == opened.Slot)
        {
            throw Refused(id,
                $"Key {found} is the one with which the repository was opened. Open it with another one to remove this one, so that another one is known to work.");
        }

        var slots = await _chain.ReadSlotsAsync(cancellationToken).ConfigureAwait(false);
        return (found, slots.Find(slot => slot.Id == found)?.Slot is { } stored
            ? Info(found, stored)
            : new RepositoryKeyInfo(found.ToString(), null, "", null, false, "Its slot was damaged or missing."));
    }

    /// <summary>Finds for each slot that stays the key that opens it.</summary>
    async Task<List<(KeySlot Slot, RepositoryKey Key)>> MatchAsync(
        OpenedKeys opened, RandomId removed, RepositoryKey[] keys, CancellationToken cancellationToken)
    {
        var matched = new List<(KeySlot, RepositoryKey)>();
        var missing = new List<string>();
        var stored = (await _chain.ReadSlotsAsync(cancellationToken).ConfigureAwait(false)).ToDictionary(slot => slot.Id, slot => slot.Slot);
        foreach (var id in opened.Ring.Slots.Where(slot => slot != removed))
        {
            var slot = stored.GetValueOrDefault(id);
            RepositoryKey? fitting = null;
            foreach (var key in keys)
            {
                fitting ??= slot is null || await slot.TryUnwrapAsync(key).ConfigureAwait(false) is null ? null : key;
            }

            if (fitting is null)
            {
                missing.Add(slot is null ? $"{id} (damaged)" : $"{id} ({RepositoryKey.Name(slot.Kind)} '{slot.Label}')");
            }
            else
            {
                matched.Add((slot!, fitting));
            }
        }

        return missing.Count == 0
            ? matched
            : throw Refused(missing[0],
                $"To renew the master key, every key that stays must be given. Not given: {string.Join(", ", missing)}. Give them, or remove them first and add them anew afterwards.");
    }

    static RepositoryKeyInfo Info(RandomId id, byte[] slot) => Info(id, KeySlot.Decode(ObjectNames.KeySlot(id), slot));

    static RepositoryKeyInfo Info(RandomId id, KeySlot slot) => new(id.ToString(), slot.Kind, slot.Label, slot.Created, false, null);

    static RepositoryException Refused(string name, string message) => new(RepositoryErrorCodes.KeyRefused, name, message);
}
