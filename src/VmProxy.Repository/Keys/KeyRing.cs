using System.Buffers.Binary;
using System.Security.Cryptography;

namespace VmProxy.Repository.Keys;

/// <summary>
/// All secrets of a repository, sealed with the master key (docs/FORMAT.md, "Key rings"): the id secret, which never changes, and one
/// secret an epoch, of which the last one seals what is written now.
/// </summary>
internal sealed record KeyRing(RandomId MasterId, ulong Sequence, byte[] IdSecret, IReadOnlyDictionary<uint, byte[]> Epochs)
{
    const int HeaderLength = 48;
    const int TrailerLength = 16 + 32;
    const int MaxEpochs = 4096;
    const ushort Version = 1;

    static ReadOnlySpan<byte> Magic => "VMPR"u8;

    public static KeyRing Create(RandomId masterId) => new(
        masterId, 1, RandomNumberGenerator.GetBytes(32), new Dictionary<uint, byte[]> { [1] = RandomNumberGenerator.GetBytes(32) });

    public byte[] Encode(byte[] masterKey)
    {
        var payload = new byte[36 + (Epochs.Count * 36)];
        IdSecret.CopyTo(payload, 0);
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(32), Epochs.Count);
        var position = 36;
        foreach (var (epoch, secret) in Epochs.OrderBy(pair => pair.Key))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(position), epoch);
            secret.CopyTo(payload, position + 4);
            position += 36;
        }

        var bytes = new byte[HeaderLength + payload.Length + TrailerLength];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Version);
        MasterId.Write(bytes.AsSpan(8));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), Sequence);
        RandomNumberGenerator.Fill(bytes.AsSpan(32, 12));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(44), payload.Length);
        using var cipher = Cipher(masterKey, MasterId);
        cipher.Encrypt(
            bytes.AsSpan(32, 12), payload, bytes.AsSpan(HeaderLength, payload.Length),
            bytes.AsSpan(HeaderLength + payload.Length, 16), bytes.AsSpan(0, HeaderLength));
        SHA256.HashData(bytes.AsSpan(0, bytes.Length - 32), bytes.AsSpan(bytes.Length - 32));
        CryptographicOperations.ZeroMemory(payload);
        return bytes;
    }

    /// <summary>Whose ring this is and which of them, without a key.</summary>
    public static (RandomId MasterId, ulong Sequence) Peek(string name, byte[] bytes)
    {
        if (bytes.Length < HeaderLength + 36 + TrailerLength || !bytes.AsSpan().StartsWith(Magic)
            || !SHA256.HashData(bytes.AsSpan(0, bytes.Length - 32)).AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - 32)))
        {
            throw RepositoryException.Damaged(name, "The key ring does not match its checksum.");
        }

        return BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(4)) == Version
            ? (RandomId.Read(bytes.AsSpan(8)), BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(24)))
            : throw new RepositoryException(RepositoryErrorCodes.UnsupportedVersion, name, $"The key ring '{name}' is of a version that this program does not know.");
    }

    public static KeyRing Decode(string name, byte[] bytes, byte[] masterKey)
    {
        var (masterId, sequence) = Peek(name, bytes);
        var payload = new byte[bytes.Length - HeaderLength - TrailerLength];
        using var cipher = Cipher(masterKey, masterId);
        try
        {
            cipher.Decrypt(
                bytes.AsSpan(32, 12), bytes.AsSpan(HeaderLength, payload.Length), bytes.AsSpan(HeaderLength + payload.Length, 16),
                payload, bytes.AsSpan(0, HeaderLength));
        }
        catch (AuthenticationTagMismatchException error)
        {
            throw RepositoryException.Damaged(name, "The key ring was not sealed with the master key of this repository.", error);
        }

        var count = BinaryPrimitives.ReadInt32LittleEndian(payload.AsSpan(32));
        if (count is < 1 or > MaxEpochs || payload.Length != 36 + (count * 36))
        {
            throw RepositoryException.Damaged(name, "The key ring names an impossible number of epochs.");
        }

        var epochs = new Dictionary<uint, byte[]>(count);
        for (var position = 36; position < payload.Length; position += 36)
        {
            epochs[BinaryPrimitives.ReadUInt32LittleEndian(payload.AsSpan(position))] = payload.AsSpan(position + 4, 32).ToArray();
        }

        return new KeyRing(masterId, sequence, payload.AsSpan(0, 32).ToArray(), epochs);
    }

    static AesGcm Cipher(byte[] masterKey, RandomId masterId)
    {
        Span<byte> salt = stackalloc byte[RandomId.Size];
        Span<byte> key = stackalloc byte[32];
        masterId.Write(salt);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, masterKey, key, salt, "vmproxy/ring/v1"u8);
        return new AesGcm(key, 16);
    }
}
