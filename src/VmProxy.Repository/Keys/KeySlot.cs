using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace VmProxy.Repository.Keys;

/// <summary>One way to the master key (docs/FORMAT.md, "Key slots"). Its checksum tells a damaged slot from a wrong key.</summary>
internal sealed class KeySlot
{
    public const int MasterKeyLength = 32;
    const int AuthenticatedLength = 152;
    const int Length = AuthenticatedLength + MasterKeyLength + 16 + 32;
    const ushort Version = 1;
    const int SaltLength = 16;
    const int LabelLength = 64;

    // Bounds on what a foreign slot may make us spend.
    const int MaxMemoryKib = 4 << 20;
    const int MaxIterations = 1024;
    const int MaxParallelism = 256;

    // Below it Argon2 is not defined (RFC 9106, section 3.1).
    const int MinMemoryKibPerLane = 8;

    readonly byte[] _bytes;

    KeySlot(byte[] bytes) => _bytes = bytes;

    static ReadOnlySpan<byte> Magic => "VMPS"u8;

    public RepositoryKeyKind Kind => (RepositoryKeyKind)BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(6));

    /// <summary>The repository that the slot belongs to. A repository whose making was interrupted leaves slots that nobody needs.</summary>
    public RandomId RepositoryId => RandomId.Read(_bytes.AsSpan(8));

    public RandomId MasterId => RandomId.Read(_bytes.AsSpan(24));

    public DateTimeOffset Created => DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(_bytes.AsSpan(52)), 0, 253402300799));

    public string Label => Encoding.UTF8.GetString(_bytes.AsSpan(60, LabelLength)).TrimEnd('\0');

    PassphraseCost Cost => new(ReadInt(40), ReadInt(44), ReadInt(48));

    /// <summary>A slot through which <paramref name="key"/> leads to the master key; null leaves the master key open.</summary>
    public static async Task<(RandomId Id, byte[] Bytes)> CreateAsync(
        RandomId repositoryId, RandomId masterId, byte[] masterKey, RepositoryKey? key, PassphraseCost cost, string label, DateTimeOffset now)
    {
        var kind = key?.Kind ?? RepositoryKeyKind.Open;
        var bytes = new byte[Length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6), (ushort)kind);
        repositoryId.Write(bytes.AsSpan(8));
        masterId.Write(bytes.AsSpan(24));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(52), now.ToUnixTimeSeconds());
        Encoding.UTF8.GetEncoder().Convert(label, bytes.AsSpan(60, LabelLength), flush: true, out _, out _, out _);
        if (key is null)
        {
            masterKey.CopyTo(bytes.AsSpan(AuthenticatedLength));
        }
        else
        {
            if (kind == RepositoryKeyKind.Passphrase)
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(40), cost.MemoryKib);
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(44), cost.Iterations);
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(48), cost.Parallelism);
            }

            RandomNumberGenerator.Fill(bytes.AsSpan(124, SaltLength + 12));
            var wrappingKey = await WrappingKeyAsync(key, bytes.AsMemory(124, SaltLength), cost).ConfigureAwait(false);
            using var cipher = new AesGcm(wrappingKey, 16);
            cipher.Encrypt(
                bytes.AsSpan(140, 12), masterKey, bytes.AsSpan(AuthenticatedLength, MasterKeyLength),
                bytes.AsSpan(AuthenticatedLength + MasterKeyLength, 16), bytes.AsSpan(0, AuthenticatedLength));
            CryptographicOperations.ZeroMemory(wrappingKey);
        }

        SHA256.HashData(bytes.AsSpan(0, Length - 32), bytes.AsSpan(Length - 32));
        return (RandomId.Create(), bytes);
    }

    public static KeySlot Decode(string name, byte[] bytes)
    {
        if (bytes.Length != Length || !bytes.AsSpan().StartsWith(Magic)
            || !SHA256.HashData(bytes.AsSpan(0, Length - 32)).AsSpan().SequenceEqual(bytes.AsSpan(Length - 32)))
        {
            throw KeyChain.Damaged(name, $"The key slot '{name}' does not match its checksum: no passphrase, key file or paper key opens it any more.");
        }

        var slot = new KeySlot(bytes);
        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(4)) != Version || slot.Kind > RepositoryKeyKind.Paper)
        {
            throw new RepositoryException(RepositoryErrorCodes.UnsupportedVersion, name, $"The key slot '{name}' is of a kind that this program does not know.");
        }

        var (memory, iterations, parallelism) = slot.Cost;
        return slot.Kind != RepositoryKeyKind.Passphrase
            || (memory <= MaxMemoryKib && iterations is > 0 and <= MaxIterations && parallelism is > 0 and <= MaxParallelism
                && memory >= MinMemoryKibPerLane * parallelism)
            ? slot
            : throw KeyChain.Damaged(name, $"The key slot '{name}' asks for an impossible cost of the passphrase.");
    }

    /// <summary>The master key of an open slot.</summary>
    public byte[] OpenKey() => _bytes.AsSpan(AuthenticatedLength, MasterKeyLength).ToArray();

    /// <summary>The master key, or null when the key is not the one of this slot or cannot be derived at the slot's cost.</summary>
    public async Task<byte[]?> TryUnwrapAsync(RepositoryKey key)
    {
        if (key.Kind != Kind)
        {
            return null;
        }

        byte[] wrappingKey;
        try
        {
            wrappingKey = await WrappingKeyAsync(key, _bytes.AsMemory(124, SaltLength), Cost).ConfigureAwait(false);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or CryptographicException or OutOfMemoryException)
        {
            // A foreign slot may ask for what the libraries refuse or this machine lacks; the next slot may open all the same.
            return null;
        }

        using var cipher = new AesGcm(wrappingKey, 16);
        var master = new byte[MasterKeyLength];
        try
        {
            cipher.Decrypt(
                _bytes.AsSpan(140, 12), _bytes.AsSpan(AuthenticatedLength, MasterKeyLength),
                _bytes.AsSpan(AuthenticatedLength + MasterKeyLength, 16), master, _bytes.AsSpan(0, AuthenticatedLength));
            return master;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(wrappingKey);
        }
    }

    static async Task<byte[]> WrappingKeyAsync(RepositoryKey key, ReadOnlyMemory<byte> salt, PassphraseCost cost)
    {
        if (key.Kind != RepositoryKeyKind.Passphrase)
        {
            // Random secrets need no costly derivation: there is nothing to guess.
            var wrappingKey = new byte[32];
            HKDF.DeriveKey(HashAlgorithmName.SHA256, key.Secret, wrappingKey, salt.Span, key.Kind == RepositoryKeyKind.KeyFile ? "vmproxy/key-file/v1"u8 : "vmproxy/paper-key/v1"u8);
            return wrappingKey;
        }

        return await PassphraseKey.DeriveAsync(key.Secret, salt, cost).ConfigureAwait(false);
    }

    int ReadInt(int offset) => BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(offset));
}
