using System.Security.Cryptography;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository;

/// <summary>Making and opening repositories: header, key slots, key ring.</summary>
internal static class RepositoryOpening
{
    public static async Task<BackupRepository> InitializeAsync(
        IObjectStore store, string? passphrase, RepositoryOptions options, TimeProvider time, Tuning tuning, CancellationToken cancellationToken)
    {
        if (!RepositoryHeader.IsChunkSize(options.DefaultChunkSize))
        {
            throw new ArgumentException($"{options.DefaultChunkSize} is no chunk size: a power of two from 512 to 4194304 is.", nameof(options));
        }

        if (passphrase is { Length: 0 })
        {
            throw new ArgumentException("The passphrase is empty.", nameof(passphrase));
        }

        if (await store.GetLengthAsync(ObjectNames.Header, cancellationToken).ConfigureAwait(false) is not null)
        {
            throw Exists(store);
        }

        var now = time.GetUtcNow();
        var masterKey = RandomNumberGenerator.GetBytes(KeySlot.MasterKeyLength);
        var ring = KeyRing.Create(RandomId.Create());
        var seal = passphrase is null ? SealKind.Checksum : SealKind.AesGcm;
        var header = new RepositoryHeader(RandomId.Create(), seal, options.DefaultChunkSize, DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds()));
        var slot = await KeySlot.CreateAsync(
            header.RepositoryId, ring.MasterId, masterKey, passphrase, options.PassphraseCost, "initial", now).ConfigureAwait(false);
        var keys = new KeySet(ring, header.RepositoryId);

        // The header is last: a repository exists only with its keys.
        await store.PutAsync(ObjectNames.KeyRing(RandomId.Create()), ring.Encode(masterKey), cancellationToken).ConfigureAwait(false);
        await store.PutAsync(ObjectNames.KeySlot(slot.Id), slot.Bytes, cancellationToken).ConfigureAwait(false);
        if (!await store.PutIfAbsentAsync(ObjectNames.Header, header.Encode(keys), cancellationToken).ConfigureAwait(false))
        {
            throw Exists(store);
        }

        CryptographicOperations.ZeroMemory(masterKey);
        return new BackupRepository(store, header, keys, time, tuning);
    }

    public static async Task<BackupRepository> OpenAsync(
        IObjectStore store, string? passphrase, TimeProvider time, Tuning tuning, CancellationToken cancellationToken)
    {
        if (store is LocalObjectStore { Exists: false })
        {
            throw new RepositoryException(RepositoryErrorCodes.NotFound, store.Location,
                $"The folder {store.Location} does not exist. Check the path, mount the volume, or make a repository there with 'vmproxy repo init'.");
        }

        var bytes = await store.TryReadAllAsync(ObjectNames.Header, cancellationToken).ConfigureAwait(false)
            ?? throw new RepositoryException(RepositoryErrorCodes.NotARepository, store.Location,
                $"{store.Location} holds no repository. Check the path, or make one there with 'vmproxy repo init'.");
        var header = RepositoryHeader.Decode(bytes, store.Location);
        if (header.Seal == SealKind.AesGcm && passphrase is null)
        {
            throw new RepositoryException(RepositoryErrorCodes.KeyRequired, store.Location,
                $"The repository {store.Location} is encrypted. Give its passphrase in the configuration (env:NAME or file:PATH).");
        }

        if (header.Seal == SealKind.Checksum && passphrase is not null)
        {
            throw new RepositoryException(RepositoryErrorCodes.WrongKey, store.Location,
                $"The repository {store.Location} is not encrypted, but a passphrase is configured. Remove it if that is meant; "
                + "if the repository was encrypted, somebody replaced it.");
        }

        var (masterKey, masterId) = await FindMasterKeyAsync(store, header.RepositoryId, passphrase, cancellationToken).ConfigureAwait(false);
        var ring = await ReadRingAsync(store, masterId, masterKey, cancellationToken).ConfigureAwait(false);
        CryptographicOperations.ZeroMemory(masterKey);
        var keys = new KeySet(ring, header.RepositoryId);
        RepositoryHeader.Authenticate(bytes, keys, store.Location);
        (store as LocalObjectStore)?.RemoveAbandoned(time);
        return new BackupRepository(store, header, keys, time, tuning);
    }

    static async Task<(byte[] Key, RandomId MasterId)> FindMasterKeyAsync(
        IObjectStore store, RandomId repositoryId, string? passphrase, CancellationToken cancellationToken)
    {
        RepositoryException? damaged = null;
        var tried = 0;
        await foreach (var info in store.ListAsync(ObjectNames.KeySlots, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                var content = await store.TryReadAllAsync(info.Name, cancellationToken).ConfigureAwait(false) ?? [];
                var slot = KeySlot.Decode(info.Name, content);
                if (slot.RepositoryId != repositoryId)
                {
                    continue;
                }

                tried++;
                if (slot.Kind == KeySlotKind.Open && passphrase is null)
                {
                    return (slot.OpenKey(), slot.MasterId);
                }

                if (slot.Kind == KeySlotKind.Passphrase && passphrase is not null
                    && await slot.TryUnwrapAsync(passphrase).ConfigureAwait(false) is { } key)
                {
                    return (key, slot.MasterId);
                }
            }
            catch (RepositoryException error) when (error.Code is RepositoryErrorCodes.Damaged or RepositoryErrorCodes.UnsupportedVersion)
            {
                damaged ??= error;
            }
        }

        // A damaged slot may be the one that the passphrase belongs to.
        throw damaged ?? (tried == 0
            ? RepositoryException.Damaged(store.Location, "It has no key slot, without which nothing in it can be read.")
            : new RepositoryException(RepositoryErrorCodes.WrongKey, store.Location,
                $"The passphrase opens none of the {tried} key slots of {store.Location}. Check the passphrase in the configuration."));
    }

    static async Task<KeyRing> ReadRingAsync(IObjectStore store, RandomId masterId, byte[] masterKey, CancellationToken cancellationToken)
    {
        (string Name, byte[] Content, ulong Sequence)? best = null;
        await foreach (var info in store.ListAsync(ObjectNames.KeyRings, cancellationToken).ConfigureAwait(false))
        {
            var content = await store.TryReadAllAsync(info.Name, cancellationToken).ConfigureAwait(false) ?? [];
            var (owner, sequence) = KeyRing.Peek(info.Name, content);
            if (owner == masterId && (best is null || sequence > best.Value.Sequence))
            {
                best = (info.Name, content, sequence);
            }
        }

        return best is { } ring
            ? KeyRing.Decode(ring.Name, ring.Content, masterKey)
            : throw RepositoryException.Damaged(store.Location, "Its key ring is missing, without which nothing in it can be read.");
    }

    static RepositoryException Exists(IObjectStore store) => new(
        RepositoryErrorCodes.Exists, store.Location, $"{store.Location} holds a repository already. Nothing was changed.");
}
