using System.Security.Cryptography;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository;

/// <summary>Making and opening repositories: header, key slots, key ring.</summary>
internal static class RepositoryOpening
{
    public static Task<BackupRepository> InitializeAsync(
        IObjectStore store, string? passphrase, RepositoryOptions options, TimeProvider time, Tuning tuning, CancellationToken cancellationToken) =>
        InitializeAsync(store, Key(passphrase), options, time, tuning, cancellationToken);

    public static async Task<BackupRepository> InitializeAsync(
        IObjectStore store, RepositoryKey? key, RepositoryOptions options, TimeProvider time, Tuning tuning, CancellationToken cancellationToken)
    {
        if (!RepositoryHeader.IsChunkSize(options.DefaultChunkSize))
        {
            throw new ArgumentException($"{options.DefaultChunkSize} is no chunk size: a power of two from 512 to 4194304 is.", nameof(options));
        }

        if (await store.GetLengthAsync(ObjectNames.Header, cancellationToken).ConfigureAwait(false) is not null)
        {
            throw Exists(store);
        }

        var now = time.GetUtcNow();
        var masterKey = RandomNumberGenerator.GetBytes(KeySlot.MasterKeyLength);
        var masterId = RandomId.Create();
        var seal = key is null ? SealKind.Checksum : SealKind.AesGcm;
        var header = new RepositoryHeader(RandomId.Create(), seal, options.DefaultChunkSize, DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds()))
        {
            WriteFeatures = RepositoryHeader.WritersKeepSessions,
        };
        var slot = await KeySlot.CreateAsync(
            header.RepositoryId, masterId, masterKey, key, options.PassphraseCost, "initial", now).ConfigureAwait(false);
        var ring = KeyRing.Create(masterId, slot.Id);
        string[] rings = [.. Enumerable.Range(0, KeyRing.Copies).Select(copy => KeyRing.Name(header.RepositoryId, ring.Sequence, copy))];
        var chain = new KeyChain(store, header.RepositoryId, key);
        var keys = new KeySet(new OpenedKeys(ring, masterKey, slot.Id) { RingNames = rings.ToHashSet(StringComparer.Ordinal) }, header.RepositoryId, chain);

        // The header is last: a repository exists only with its keys.
        var content = ring.Encode(masterKey);
        CryptographicOperations.ZeroMemory(masterKey);
        await store.PutAsync(ObjectNames.KeySlot(slot.Id), slot.Bytes, cancellationToken).ConfigureAwait(false);
        foreach (var name in rings)
        {
            await store.PutAsync(name, content, cancellationToken).ConfigureAwait(false);
        }

        return await store.PutIfAbsentAsync(ObjectNames.Header, header.Encode(keys), cancellationToken).ConfigureAwait(false)
            ? new BackupRepository(store, header, keys, chain, time, tuning)
            : throw Exists(store);
    }

    public static Task<BackupRepository> OpenAsync(
        IObjectStore store, string? passphrase, TimeProvider time, Tuning tuning, CancellationToken cancellationToken) =>
        OpenAsync(store, Key(passphrase), time, tuning, cancellationToken);

    public static async Task<BackupRepository> OpenAsync(
        IObjectStore store, RepositoryKey? key, TimeProvider time, Tuning tuning, CancellationToken cancellationToken)
    {
        if (store is LocalObjectStore local && !await local.ExistsAsync().ConfigureAwait(false))
        {
            throw new RepositoryException(RepositoryErrorCodes.NotFound, store.Location,
                $"The folder {store.Location} does not exist. Check the path, mount the volume, or make a repository there with 'vmproxy repo init'.");
        }

        var bytes = await store.TryReadAllAsync(ObjectNames.Header, cancellationToken).ConfigureAwait(false)
            ?? throw new RepositoryException(RepositoryErrorCodes.NotARepository, store.Location,
                $"{store.Location} holds no repository. Check the path, or make one there with 'vmproxy repo init'.");
        var header = RepositoryHeader.Decode(bytes, store.Location);
        if (header.Seal == SealKind.AesGcm && key is null)
        {
            throw new RepositoryException(RepositoryErrorCodes.KeyRequired, store.Location,
                $"The repository {store.Location} is encrypted. Give its passphrase, key file or paper key in the configuration (env:NAME or file:PATH).");
        }

        if (header.Seal == SealKind.Checksum && key is not null)
        {
            throw new RepositoryException(RepositoryErrorCodes.WrongKey, store.Location,
                $"The repository {store.Location} is not encrypted, but a {key} is configured. Remove it if that is meant; "
                + "if the repository was encrypted, somebody replaced it.");
        }

        var chain = new KeyChain(store, header.RepositoryId, key);
        var opened = await chain.OpenAsync(cancellationToken).ConfigureAwait(false);
        CryptographicOperations.ZeroMemory(opened.MasterKey);
        var keys = new KeySet(opened, header.RepositoryId, chain);
        RepositoryHeader.Authenticate(bytes, keys, store.Location);
        (store as LocalObjectStore)?.RemoveAbandoned(time);
        return new BackupRepository(store, header, keys, chain, time, tuning);
    }

    static RepositoryKey? Key(string? passphrase) => passphrase is null ? null : RepositoryKey.FromPassphrase(passphrase);

    static RepositoryException Exists(IObjectStore store) => new(
        RepositoryErrorCodes.Exists, store.Location, $"{store.Location} holds a repository already. Nothing was changed.");
}
