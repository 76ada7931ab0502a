using System.Security.Cryptography;

namespace VmProxy.Repository.Keys;

/// <summary>The working keys of an open repository, derived from its ring (docs/FORMAT.md, "Key derivation").</summary>
internal sealed class KeySet : IDisposable
{
    readonly KeyRing _ring;
    readonly byte[] _chunkKey;
    readonly byte[] _metadataKey;
    readonly byte[] _pointNameKey;

    public KeySet(KeyRing ring, RandomId repositoryId)
    {
        _ring = ring;
        CurrentEpoch = ring.Epochs.Keys.Max();
        Span<byte> salt = stackalloc byte[RandomId.Size];
        repositoryId.Write(salt);
        _chunkKey = Derive(ring.IdSecret, salt, "vmproxy/chunk-id/v1"u8);
        _metadataKey = Derive(ring.IdSecret, salt, "vmproxy/metadata-id/v1"u8);
        _pointNameKey = Derive(ring.IdSecret, salt, "vmproxy/point-name/v1"u8);
        HeaderKey = Derive(ring.IdSecret, salt, "vmproxy/header/v1"u8);
        IndexKey = Derive(ring.IdSecret, salt, "vmproxy/index/v1"u8);
    }

    public byte[] HeaderKey { get; }

    public byte[] IndexKey { get; }

    /// <summary>The epoch that seals what is written now.</summary>
    public uint CurrentEpoch { get; }

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

    public void Dispose()
    {
        foreach (var key in _ring.Epochs.Values.Concat([_ring.IdSecret, _chunkKey, _metadataKey, _pointNameKey, HeaderKey, IndexKey]))
        {
            CryptographicOperations.ZeroMemory(key);
        }
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
