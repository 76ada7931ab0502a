using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Maintenance;

/// <summary>The envelope of all small objects of maintenance: sealed JSON, bound to its kind and name (docs/FORMAT.md, "Notes").</summary>
internal static class Note
{
    const int HeaderLength = 32;
    const ushort Version = 1;

    static ReadOnlySpan<byte> Magic => "VMPN"u8;

    public static byte[] Encode<T>(string name, NoteKind kind, T content, JsonTypeInfo<T> type, KeySet keys, SealKind seal)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(content, type);
        var bytes = new byte[HeaderLength + payload.Length + Seal.TagLength];
        var salt = RandomId.Create();
        var epoch = keys.CurrentEpoch;
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Version);
        bytes[6] = (byte)kind;
        bytes[7] = (byte)seal;
        salt.Write(bytes.AsSpan(8));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(24), epoch);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(28), payload.Length);
        Seal.Protect(
            seal, keys.NoteKey(epoch, salt, name), 0, Associated(bytes, name), payload,
            bytes.AsSpan(HeaderLength, payload.Length), bytes.AsSpan(HeaderLength + payload.Length));
        return bytes;
    }

    /// <summary>The epoch that the header names, unproved; 0 when there is no header.</summary>
    public static uint Epoch(ReadOnlySpan<byte> bytes) => bytes.Length < HeaderLength ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]);

    /// <summary>Opens a note; <see cref="KeySet.EnsureEpochAsync"/> comes before.</summary>
    /// <exception cref="RepositoryException">REPO_DAMAGED, REPO_UNSUPPORTED_VERSION.</exception>
    public static T Decode<T>(string name, NoteKind kind, ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type, KeySet keys, SealKind seal)
    {
        if (bytes.Length < HeaderLength + Seal.TagLength || !bytes.StartsWith(Magic))
        {
            throw RepositoryException.Damaged(name, "The note's header is damaged.");
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) is var version && version != Version)
        {
            throw new RepositoryException(RepositoryErrorCodes.UnsupportedVersion, name,
                $"The note '{name}' has version {version}, which this program does not know. Use a later version of VmProxy.");
        }

        // Other bytes of the header are proved by the seal; these decide how it is checked.
        if ((NoteKind)bytes[6] != kind || (SealKind)bytes[7] != seal
            || BinaryPrimitives.ReadInt32LittleEndian(bytes[28..]) != bytes.Length - HeaderLength - Seal.TagLength)
        {
            throw RepositoryException.Damaged(name, "The note's header does not belong to this object.");
        }

        var key = keys.NoteKey(BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]), RandomId.Read(bytes[8..]), name);
        var plain = new byte[bytes.Length - HeaderLength - Seal.TagLength];
        if (!Seal.TryOpen(seal, key, 0, Associated(bytes, name), bytes[HeaderLength..^Seal.TagLength], bytes[^Seal.TagLength..], plain))
        {
            throw RepositoryException.Damaged(name, "The note is not the one that was written.");
        }

        try
        {
            return JsonSerializer.Deserialize(plain, type) ?? throw RepositoryException.Damaged(name, "The note is empty.");
        }
        catch (JsonException error)
        {
            throw RepositoryException.Damaged(name, "The note's content cannot be read.", error);
        }
    }

    static byte[] Associated(ReadOnlySpan<byte> bytes, string name) => [.. bytes[..HeaderLength], .. Encoding.UTF8.GetBytes(name)];
}
