using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Konscious.Security.Cryptography;

namespace VmProxy.Repository.Keys;

internal enum KeySlotKind : ushort
{
    /// <summary>The master key lies open: the repository is not encrypted.</summary>
    Open = 0,

    /// <summary>The master key is wrapped by a passphrase.</summary>
    Passphrase = 1,
}

/// <summary>One way to the master key (docs/FORMAT.md, "Key slots"). Its checksum tells a damaged slot from a wrong passphrase.</summary>
internal sealed class KeySlot
{
    public const int MasterKeyLength = 32;
    const int AuthenticatedLength = 152;
    const int Length = AuthenticatedLength + MasterKeyLength + 16 + 32;
    const ushort Version = 1;
    const int SaltLength = 16;

    // Bounds on what a foreign slot may make us spend.
    const int MaxMemoryKib = 4 << 20;
    const int MaxIterations = 1024;
    const int MaxParallelism = 256;

    readonly byte[] _bytes;

    KeySlot(byte[] bytes) => _bytes = bytes;

    static ReadOnlySpan<byte> Magic => "VMPS"u8;

    public KeySlotKind Kind => (KeySlotKind)BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(6));

    /// <summary>The repository that the slot belongs to. A repository whose making was interrupted leaves slots that nobody needs.</summary>
    public RandomId RepositoryId => RandomId.Read(_bytes.AsSpan(8));

    public RandomId MasterId => RandomId.Read(_bytes.AsSpan(24));

    PassphraseCost Cost => new(ReadInt(40), ReadInt(44), ReadInt(48));

    public static async Task<(RandomId Id, byte[] Bytes)> CreateAsync(
        RandomId repositoryId, RandomId masterId, byte[] masterKey, string? passphrase, PassphraseCost cost, string label, DateTimeOffset now)
    {
        var id = RandomId.Create();
        var bytes = new byte[Length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6), (ushort)(passphrase is null ? KeySlotKind.Open : KeySlotKind.Passphrase));
        repositoryId.Write(bytes.AsSpan(8));
        masterId.Write(bytes.AsSpan(24));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(52), now.ToUnixTimeSeconds());
        Encoding.UTF8.GetEncoder().Convert(label, bytes.AsSpan(60, 64), flush: true, out _, out _, out _);
        if (passphrase is null)
        {
            masterKey.CopyTo(bytes.AsSpan(AuthenticatedLength));
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(40), cost.MemoryKib);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(44), cost.Iterations);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(48), cost.Parallelism);
            RandomNumberGenerator.Fill(bytes.AsSpan(124, SaltLength + 12));
            var wrappingKey = await DeriveAsync(passphrase, bytes.AsMemory(124, SaltLength), cost).ConfigureAwait(false);
            using var cipher = new AesGcm(wrappingKey, 16);
            cipher.Encrypt(
                bytes.AsSpan(140, 12), masterKey, bytes.AsSpan(AuthenticatedLength, MasterKeyLength),
                bytes.AsSpan(AuthenticatedLength + MasterKeyLength, 16), bytes.AsSpan(0, AuthenticatedLength));
        }

        SHA256.HashData(bytes.AsSpan(0, Length - 32), bytes.AsSpan(Length - 32));
        return (id, bytes);
    }

    public static KeySlot Decode(string name, byte[] bytes)
    {
        if (bytes.Length != Length || !bytes.AsSpan().StartsWith(Magic)
            || !SHA256.HashData(bytes.AsSpan(0, Length - 32)).AsSpan().SequenceEqual(bytes.AsSpan(Length - 32)))
        {
            throw RepositoryException.Damaged(name, "The key slot does not match its checksum: the key in it is damaged, whatever the passphrase.");
        }

        var slot = new KeySlot(bytes);
        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(4)) != Version || slot.Kind > KeySlotKind.Passphrase)
        {
            throw new RepositoryException(RepositoryErrorCodes.UnsupportedVersion, name, $"The key slot '{name}' is of a kind that this program does not know.");
        }

        var (memory, iterations, parallelism) = slot.Cost;
        return slot.Kind == KeySlotKind.Open
            || (memory is > 0 and <= MaxMemoryKib && iterations is > 0 and <= MaxIterations && parallelism is > 0 and <= MaxParallelism)
            ? slot
            : throw RepositoryException.Damaged(name, "The key slot asks for an impossible cost of the passphrase.");
    }

    /// <summary>The master key of an open slot.</summary>
    public byte[] OpenKey() => _bytes.AsSpan(AuthenticatedLength, MasterKeyLength).ToArray();

    /// <summary>The master key, or null when the passphrase is not the one of this slot.</summary>
    public async Task<byte[]?> TryUnwrapAsync(string passphrase)
    {
        var wrappingKey = await DeriveAsync(passphrase, _bytes.AsMemory(124, SaltLength), Cost).ConfigureAwait(false);
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

    static async Task<byte[]> DeriveAsync(string passphrase, ReadOnlyMemory<byte> salt, PassphraseCost cost)
    {
        var secret = Encoding.UTF8.GetBytes(passphrase);
        try
        {
            using var argon = new Argon2id(secret)
            {
                Salt = salt.ToArray(),
                MemorySize = cost.MemoryKib,
                Iterations = cost.Iterations,
                DegreeOfParallelism = cost.Parallelism,
            };
            return await argon.GetBytesAsync(32).ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    int ReadInt(int offset) => BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(offset));
}
