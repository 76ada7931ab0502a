using System.Buffers.Binary;
using System.Security.Cryptography;

namespace VmProxy.Repository.Keys;

/// <summary>
/// All secrets of a repository, sealed with the master key (docs/FORMAT.md, "Key ring"): the id secret, which never changes, and one
/// secret an epoch, of which the last one seals what is written now. The ring with the highest sequence counts, and says which slots do.
/// </summary>
internal sealed record KeyRing(
    RandomId MasterId, ulong Sequence, byte[] IdSecret, IReadOnlyDictionary<uint, byte[]> Epochs, IReadOnlyList<RandomId> Slots) : IDisposable
{
    const int HeaderLength = 48;
    const int TrailerLength = 16 + 32;
    const int MaxEpochs = 4096;
    public const int MaxSlots = 1024;
    const int FixedPayload = 32 + 4 + 4;

    /// <summary>Each ring is kept twice, for without one nothing can be read.</summary>
    public const int Copies = 2;

    const ushort Version = 1;

    static ReadOnlySpan<byte> Magic => "VMPR"u8;

    /// <summary>The epoch that seals what is written now.</summary>
    public uint CurrentEpoch { get; } = Epochs.Keys.Max();

    public static KeyRing Create(RandomId masterId, RandomId slot) => new(
        masterId, 1, RandomNumberGenerator.GetBytes(32), new Dictionary<uint, byte[]> { [1] = RandomNumberGenerator.GetBytes(32) }, [slot]);

    /// <summary>
    /// The name follows from the sequence, so that of two changes at the same time one finds its name taken.
    /// </summary>
    public static string Name(RandomId repositoryId, ulong sequence, int copy)
    {
        Span<byte> content = stackalloc byte[20 + RandomId.Size + 9];
        "vmproxy/ring-name/v1"u8.CopyTo(content);
        repositoryId.Write(content[20..]);
        BinaryPrimitives.WriteUInt64LittleEndian(content[36..], sequence);
        content[44] = (byte)copy;
        return ObjectNames.KeyRing(RandomId.Read(SHA256.HashData(content)));
    }

    /// <summary>The next ring of the same master key.</summary>
    public KeyRing Next(IReadOnlyList<RandomId> slots) => this with { Sequence = Sequence + 1, Slots = slots };

    /// <summary>The next ring, with a further epoch.</summary>
    public KeyRing Rotated(RandomId masterId, IReadOnlyList<RandomId> slots) => Epochs.Count < MaxEpochs
        ? new(masterId, Sequence + 1, IdSecret,
            new Dictionary<uint, byte[]>(Epochs) { [CurrentEpoch + 1] = RandomNumberGenerator.GetBytes(32) }, slots)
        : throw new RepositoryException(RepositoryErrorCodes.KeyRefused, "key ring", $"The key ring holds {MaxEpochs} epochs, which is the most that it can.");

    public byte[] Encode(byte[] masterKey)
    {
        var payload = new byte[FixedPayload + (Epochs.Count * 36) + (Slots.Count * RandomId.Size)];
        IdSecret.CopyTo(payload, 0);
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(32), Epochs.Count);
        var position = 36;
        foreach (var (epoch, secret) in Epochs.OrderBy(pair => pair.Key))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(position), epoch);
            secret.CopyTo(payload, position + 4);
            position += 36;
        }

        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(position), Slots.Count);
        position += 4;
        foreach (var slot in Slots)
        {
            slot.Write(payload.AsSpan(position));
            position += RandomId.Size;
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
        if (bytes.Length < HeaderLength + FixedPayload + TrailerLength || !bytes.AsSpan().StartsWith(Magic)
            || !SHA256.HashData(bytes.AsSpan(0, bytes.Length - 32)).AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - 32)))
        {
            throw KeyChain.Damaged(name, $"The key ring '{name}' does not match its checksum.");
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
            throw KeyChain.Damaged(name, $"The key ring '{name}' was not sealed with the master key of this repository.", error);
        }

        return Parse(name, payload, masterId, sequence);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(IdSecret);
        foreach (var secret in Epochs.Values)
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    static KeyRing Parse(string name, byte[] payload, RandomId masterId, ulong sequence)
    {
        var epochs = new Dictionary<uint, byte[]>();
        var slots = new List<RandomId>();
        var epochCount = BinaryPrimitives.ReadUInt32LittleEndian(payload.AsSpan(32));
        var slotsAt = 36 + (epochCount * 36L);
        var slotCount = epochCount is >= 1 and <= MaxEpochs && slotsAt + 4 <= payload.Length
            ? BinaryPrimitives.ReadUInt32LittleEndian(payload.AsSpan((int)slotsAt))
            : 0;
        if (slotCount is < 1 or > MaxSlots || slotsAt + 4 + ((long)slotCount * RandomId.Size) != payload.Length)
        {
            throw KeyChain.Damaged(name, $"The key ring '{name}' names an impossible number of epochs or slots.");
        }

        for (var position = 36; position < slotsAt; position += 36)
        {
            epochs[BinaryPrimitives.ReadUInt32LittleEndian(payload.AsSpan(position))] = payload.AsSpan(position + 4, 32).ToArray();
        }

        for (var position = (int)slotsAt + 4; position < payload.Length; position += RandomId.Size)
        {
            slots.Add(RandomId.Read(payload.AsSpan(position)));
        }

        return new KeyRing(masterId, sequence, payload.AsSpan(0, 32).ToArray(), epochs, slots);
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
