using System.Security.Cryptography;

namespace VmProxy.Repository.Keys;

/// <summary>The key slots and rings of a repository, and the way that one key takes through them (docs/FORMAT.md, "Keys").</summary>
/// <param name="store">Where they lie.</param>
/// <param name="repositoryId">Slots and rings of other repositories are leavings of a making that was interrupted.</param>
/// <param name="key">The key; null for a repository that is not encrypted.</param>
internal sealed class KeyChain(IObjectStore store, RandomId repositoryId, RepositoryKey? key)
{
    // Rings replace each other: one that goes away while it is read has a successor. A change of a passphrase takes longer than many readings.
    const int Attempts = 20;

    public IObjectStore Store => store;

    public RandomId RepositoryId => repositoryId;

    public RepositoryKey? Key => key;

    /// <summary>Follows the key to the ring that counts now.</summary>
    /// <exception cref="RepositoryException">REPO_WRONG_KEY, REPO_KEY_DAMAGED, REPO_UNSUPPORTED_VERSION.</exception>
    public async Task<OpenedKeys> OpenAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var names = await RingNamesAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                var rings = await ReadRingsAsync(names, cancellationToken).ConfigureAwait(false);
                var slots = await ReadSlotsAsync(cancellationToken).ConfigureAwait(false);
                return await OpenAsync(rings, slots).ConfigureAwait(false) with { RingNames = names };
            }
            catch (RepositoryException) when (attempt < Attempts)
            {
                if (names.SetEquals(await RingNamesAsync(cancellationToken).ConfigureAwait(false)))
                {
                    throw;
                }
            }
        }
    }

    /// <summary>Names of all ring objects; a name that was not there before may be a change of keys.</summary>
    public async Task<HashSet<string>> RingNamesAsync(CancellationToken cancellationToken)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var info in store.ListAsync(ObjectNames.KeyRings, cancellationToken).ConfigureAwait(false))
        {
            names.Add(info.Name);
        }

        return names;
    }

    /// <summary>
    /// The rings of this repository, the one that counts first. Damaged ones throw only when no other is there. A ring that went away between listing and
    /// reading has a successor that the listing lacks, so what else was read may not count any more: all is listed and read anew.
    /// </summary>
    public async Task<List<StoredRing>> ReadRingsAsync(IEnumerable<string> names, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (rings, damaged, isWhole) = await TryReadRingsAsync(names, cancellationToken).ConfigureAwait(false);
            if (isWhole && rings.Count > 0)
            {
                return [.. rings.OrderByDescending(ring => ring.Sequence)];
            }

            if (isWhole)
            {
                throw damaged ?? Damaged(store.Location, $"The key ring of {store.Location} is missing, without which nothing in it can be read. Bring the folder keys/ back from a copy.");
            }

            if (attempt == Attempts)
            {
                throw Damaged(store.Location, $"The key rings of {store.Location} went away {Attempts} times while they were read. Try again when nobody changes its keys.");
            }

            names = await RingNamesAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    async Task<(List<StoredRing> Rings, RepositoryException? Damaged, bool IsWhole)> TryReadRingsAsync(IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var rings = new List<StoredRing>();
        RepositoryException? damaged = null;
        foreach (var name in names)
        {
            try
            {
                if (await store.TryReadAllAsync(name, cancellationToken).ConfigureAwait(false) is not { } content)
                {
                    return (rings, damaged, false);
                }

                var (masterId, sequence) = KeyRing.Peek(name, content);
                if (Enumerable.Range(0, KeyRing.Copies).Any(copy => KeyRing.Name(repositoryId, sequence, copy) == name))
                {
                    rings.Add(new StoredRing(name, masterId, sequence, content));
                }
            }
            catch (RepositoryException error) when (IsUnreadable(error))
            {
                damaged ??= error;
            }
        }

        return (rings, damaged, true);
    }

    /// <summary>The slots of this repository, and those that are too damaged to tell whose they are.</summary>
    public async Task<List<StoredSlot>> ReadSlotsAsync(CancellationToken cancellationToken)
    {
        var slots = new List<StoredSlot>();
        await foreach (var info in store.ListAsync(ObjectNames.KeySlots, cancellationToken).ConfigureAwait(false))
        {
            if (!ObjectNames.TryParse(info.Name, out var id))
            {
                continue;
            }

            try
            {
                if (await store.TryReadAllAsync(info.Name, cancellationToken).ConfigureAwait(false) is { } content
                    && KeySlot.Decode(info.Name, content) is var slot && slot.RepositoryId == repositoryId)
                {
                    slots.Add(new StoredSlot(id, slot, null));
                }
            }
            catch (RepositoryException error) when (IsUnreadable(error))
            {
                slots.Add(new StoredSlot(id, null, error));
            }
        }

        return slots;
    }

    public static RepositoryException Damaged(string name, string message, Exception? inner = null) =>
        new(RepositoryErrorCodes.KeyDamaged, name, message, inner);

    static bool IsUnreadable(RepositoryException error) => error.Code is RepositoryErrorCodes.KeyDamaged or RepositoryErrorCodes.Damaged or RepositoryErrorCodes.UnsupportedVersion;

    async Task<OpenedKeys> OpenAsync(List<StoredRing> rings, List<StoredSlot> slots)
    {
        var head = rings[0];
        var wasRemoved = false;
        foreach (var (id, slot, _) in slots)
        {
            if (slot is null || slot.MasterId != head.MasterId || await MasterKeyAsync(slot).ConfigureAwait(false) is not { } masterKey)
            {
                continue;
            }

            var ring = Decode(rings.Where(ring => ring.Sequence == head.Sequence), masterKey);
            if (ring.Slots.Contains(id))
            {
                return new OpenedKeys(ring, masterKey, id);
            }

            CryptographicOperations.ZeroMemory(masterKey);
            ring.Dispose();
            wasRemoved = true;
        }

        throw wasRemoved
            ? new RepositoryException(RepositoryErrorCodes.WrongKey, store.Location, $"The {key} was a key of {store.Location} and has been removed. Use another one ('vmproxy repo keys list' names them).")
            : NoneOpens(slots);
    }

    async ValueTask<byte[]?> MasterKeyAsync(KeySlot slot) => (slot.Kind, key) switch
    {
        (RepositoryKeyKind.Open, null) => slot.OpenKey(),
        (_, null) => null,
        _ => await slot.TryUnwrapAsync(key).ConfigureAwait(false),
    };

    static KeyRing Decode(IEnumerable<StoredRing> copies, byte[] masterKey)
    {
        RepositoryException? first = null;
        foreach (var copy in copies)
        {
            try
            {
                return KeyRing.Decode(copy.Name, copy.Content, masterKey);
            }
            catch (RepositoryException error)
            {
                first ??= error;
            }
        }

        throw first!;
    }

    RepositoryException NoneOpens(List<StoredSlot> slots)
    {
        var intact = slots.Where(slot => slot.Slot is not null).ToList();
        if (slots.Find(slot => slot.Slot is null) is { Problem: { } problem })
        {
            // The damaged one may be the one that the key belongs to.
            return intact.Count == 0 || key is null
                ? problem
                : new RepositoryException(problem.Code, problem.Object,
                    $"The {key} opens none of the {intact.Count} intact key slots of {store.Location}; it may belong to one that is damaged. {problem.Message} "
                    + "Try another key, or bring the folder keys/ back from a copy.", problem);
        }

        if (intact.Count == 0)
        {
            return Damaged(store.Location, $"{store.Location} has no key slot, without which nothing in it can be read. Bring the folder keys/ back from a copy.");
        }

        var kinds = intact.GroupBy(slot => slot.Slot!.Kind).OrderBy(group => group.Key)
            .Select(group => $"{group.Count()} × {RepositoryKey.Name(group.Key)}");
        return new RepositoryException(RepositoryErrorCodes.WrongKey, store.Location,
            $"The {key?.ToString() ?? "open key"} opens none of the {intact.Count} key slots of {store.Location} ({string.Join(", ", kinds)}). Check it in the configuration.");
    }
}

/// <summary>A ring object whose checksum holds.</summary>
internal sealed record StoredRing(string Name, RandomId MasterId, ulong Sequence, byte[] Content);

/// <summary>A slot object; one that is damaged or of an unknown kind has a problem in place of a slot.</summary>
internal sealed record StoredSlot(RandomId Id, KeySlot? Slot, RepositoryException? Problem);

/// <summary>What a key has led to.</summary>
internal sealed record OpenedKeys(KeyRing Ring, byte[] MasterKey, RandomId Slot) : IDisposable
{
    /// <summary>The ring objects that were there.</summary>
    public IReadOnlySet<string> RingNames { get; init; } = new HashSet<string>();

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(MasterKey);
        Ring.Dispose();
    }
}
