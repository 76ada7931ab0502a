using System.Security.Cryptography;

namespace VmProxy.Repository.Keys;

/// <summary>
/// The working keys of an open repository, derived from its ring (docs/FORMAT.md, "Key derivation"). A rotation by another process gives
/// the ring a further epoch; it is read again when something names an epoch that is not known here, and at the beginning of a session.
/// </summary>
internal sealed class KeySet : IDisposable
{
    readonly KeyChain? _chain;
    readonly SemaphoreSlim _reloading = new(1);
    readonly byte[] _chunkKey;
    readonly byte[] _metadataKey;
    readonly byte[] _pointNameKey;
    volatile KeyRing _ring;
    volatile IReadOnlySet<string> _ringNames;

    /// <param name="opened">The ring; its master key is not needed any more.</param>
    /// <param name="repositoryId">Salt of the keys that do not change.</param>
    /// <param name="chain">Where the ring is read again.</param>
    public KeySet(OpenedKeys opened, RandomId repositoryId, KeyChain? chain)
    {
        (_ring, _ringNames, _chain) = (opened.Ring, opened.RingNames, chain);
        Span<byte> salt = stackalloc byte[RandomId.Size];
        repositoryId.Write(salt);
        _chunkKey = Derive(_ring.IdSecret, salt, "vmproxy/chunk-id/v1"u8);
        _metadataKey = Derive(_ring.IdSecret, salt, "vmproxy/metadata-id/v1"u8);
        _pointNameKey = Derive(_ring.IdSecret, salt, "vmproxy/point-name/v1"u8);
        HeaderKey = Derive(_ring.IdSecret, salt, "vmproxy/header/v1"u8);
        IndexKey = Derive(_ring.IdSecret, salt, "vmproxy/index/v1"u8);
    }

    public byte[] HeaderKey { get; }

    public byte[] IndexKey { get; }

    /// <summary>The epoch that seals what is written now. Read it once for each object: it may change at any time.</summary>
    public uint CurrentEpoch => _ring.CurrentEpoch;

    /// <summary>Which ring the keys are from; a later one has a higher sequence.</summary>
    public ulong RingSequence => _ring.Sequence;

    /// <summary>The slots that lead to the ring.</summary>
    public IReadOnlyList<RandomId> Slots => _ring.Slots;

    /// <summary>The id of a chunk of a disk.</summary>
    public ChunkId ChunkId(ReadOnlySpan<byte> plain) => Id(_chunkKey, plain);

    /// <summary>The id of a map page or of a piece of a blob.</summary>
    public ChunkId MetadataId(ReadOnlySpan<byte> plain) => Id(_metadataKey, plain);

    /// <summary>The name of a point's object: whoever knows the key and the point's id finds it without a listing.</summary>
    public RandomId PointName(string pointId)
    {
        Span<byte> hash = stackalloc byte[32];
        HMACSHA256.HashData(_pointNameKey, System.Text.Encoding.UTF8.GetBytes(pointId), hash);
        return RandomId.Read(hash);
    }

    public byte[] PackKey(uint epoch, RandomId packId, string objectName) => EpochKey(epoch, packId, "vmproxy/pack/v1"u8, objectName);

    public byte[] NoteKey(uint epoch, RandomId salt, string objectName) => EpochKey(epoch, salt, "vmproxy/note/v1"u8, objectName);

    public byte[] PointKey(uint epoch, RandomId salt, string objectName) => EpochKey(epoch, salt, "vmproxy/point/v1"u8, objectName);

    /// <summary>Call before a key of this epoch is asked for: reads the ring again when it does not know the epoch and has changed.</summary>
    public ValueTask EnsureEpochAsync(uint epoch, CancellationToken cancellationToken) =>
        _ring.Epochs.ContainsKey(epoch) ? ValueTask.CompletedTask : new ValueTask(RefreshAsync(cancellationToken));

    /// <summary>Reads the ring again when it has changed, at the cost of one listing when it has not.</summary>
    /// <exception cref="RepositoryException">REPO_WRONG_KEY: the key with which the repository was opened has been removed.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (_chain is null)
        {
            return;
        }

        await _reloading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var names = await _chain.RingNamesAsync(cancellationToken).ConfigureAwait(false);
            if (!names.IsSubsetOf(_ringNames))
            {
                var opened = await _chain.OpenAsync(cancellationToken).ConfigureAwait(false);
                CryptographicOperations.ZeroMemory(opened.MasterKey);

                // A change that was interrupted, or a store that was rolled back, may show an older ring.
                _ring = opened.Ring.Sequence > _ring.Sequence ? opened.Ring : _ring;
                _ringNames = opened.RingNames;
            }
        }
        finally
        {
            _reloading.Release();
        }
    }

    public void Dispose()
    {
        _ring.Dispose();
        foreach (var key in new[] { _chunkKey, _metadataKey, _pointNameKey, HeaderKey, IndexKey })
        {
            CryptographicOperations.ZeroMemory(key);
        }

        _reloading.Dispose();
    }

    byte[] EpochKey(uint epoch, RandomId saltId, ReadOnlySpan<byte> purpose, string objectName)
    {
        if (!_ring.Epochs.TryGetValue(epoch, out var secret))
        {
            throw RepositoryException.Damaged(objectName, $"It names key epoch {epoch}, which the key ring lacks.");
        }

        Span<byte> salt = stackalloc byte[RandomId.Size];
        saltId.Write(salt);
        return Derive(secret, salt, purpose);
    }

    static byte[] Derive(byte[] secret, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> purpose)
    {
        var key = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, key, salt, purpose);
        return key;
    }

    static ChunkId Id(byte[] key, ReadOnlySpan<byte> plain)
    {
        Span<byte> hash = stackalloc byte[VmProxy.Repository.ChunkId.Size];
        HMACSHA256.HashData(key, plain, hash);
        return VmProxy.Repository.ChunkId.Read(hash);
    }
}
