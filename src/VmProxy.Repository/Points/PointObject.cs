using System.Buffers.Binary;
using System.Text.Json;
using VmProxy.Repository.Keys;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Points;

/// <summary>The object of a restore point: compressed JSON, sealed (docs/FORMAT.md, "Points").</summary>
internal static class PointObject
{
    const int HeaderLength = 48;
    const ushort Version = 1;

    static ReadOnlySpan<byte> Magic => "VMPO"u8;

    public static byte[] Encode(RestorePoint point, RandomId name, KeySet keys, SealKind seal, ZstdPool zstd)
    {
        var plain = JsonSerializer.SerializeToUtf8Bytes(point, PointJson.Default.RestorePoint);
        var compressed = new byte[plain.Length];
        var compressedLength = zstd.Compress(plain, compressed);
        var payload = compressedLength > 0 ? compressed.AsSpan(0, compressedLength) : plain;
        var salt = RandomId.Create();
        var epoch = keys.CurrentEpoch;

        var bytes = new byte[HeaderLength + payload.Length + Seal.TagLength];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Version);
        bytes[6] = (byte)seal;
        bytes[7] = (byte)(compressedLength > 0 ? FrameCompression.Zstd : FrameCompression.None);
        name.Write(bytes.AsSpan(8));
        salt.Write(bytes.AsSpan(24));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(40), epoch);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(44), plain.Length);
        Seal.Protect(
            seal, keys.PointKey(epoch, salt, ObjectNames.Point(name)), 0, bytes.AsSpan(0, HeaderLength), payload,
            bytes.AsSpan(HeaderLength, payload.Length), bytes.AsSpan(HeaderLength + payload.Length));
        return bytes;
    }

    /// <summary>The epoch that the header names, unproved; 0 when there is no header.</summary>
    public static uint Epoch(ReadOnlySpan<byte> bytes) => bytes.Length < HeaderLength ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..]);

    public static RestorePoint Decode(string objectName, ReadOnlySpan<byte> bytes, KeySet keys, SealKind seal, ZstdPool zstd)
    {
        if (bytes.Length < HeaderLength + Seal.TagLength || !bytes.StartsWith(Magic))
        {
            throw RepositoryException.Damaged(objectName, "The point's header is damaged.");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        if (version != Version)
        {
            throw new RepositoryException(RepositoryErrorCodes.UnsupportedVersion, objectName,
                $"The point '{objectName}' has version {version}, which this program does not know. Use a later version of VmProxy.");
        }

        // Other bytes of the header are proved by the seal; these two decide how it is checked.
        if ((SealKind)bytes[6] != seal || ObjectNames.Point(RandomId.Read(bytes[8..])) != objectName)
        {
            throw RepositoryException.Damaged(objectName, "The point's header does not belong to this object.");
        }

        var key = keys.PointKey(BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..]), RandomId.Read(bytes[24..]), objectName);
        var plain = new byte[bytes.Length - HeaderLength - Seal.TagLength];
        if (!Seal.TryOpen(seal, key, 0, bytes[..HeaderLength], bytes[HeaderLength..^Seal.TagLength], bytes[^Seal.TagLength..], plain))
        {
            throw RepositoryException.Damaged(objectName, "The point is not the one that was written.");
        }

        var point = Parse(objectName, (FrameCompression)bytes[7], plain, BinaryPrimitives.ReadInt32LittleEndian(bytes[44..]), zstd);
        return ObjectNames.Point(keys.PointName(point.Id)) == objectName
            ? point
            : throw RepositoryException.Damaged(objectName, $"It holds point {point.Id}, whose name is another.");
    }

    static RestorePoint Parse(string objectName, FrameCompression compression, byte[] payload, int plainLength, ZstdPool zstd)
    {
        var plain = payload;
        if (compression == FrameCompression.Zstd)
        {
            plain = new byte[Math.Clamp(plainLength, 0, ObjectStoreExtensions.MaxSmallObject)];
            if (!zstd.TryDecompress(payload, plain))
            {
                throw RepositoryException.Damaged(objectName, "The point does not decompress.");
            }
        }

        try
        {
            return PointContent.Normalize(objectName, JsonSerializer.Deserialize(plain, PointJson.Default.RestorePoint)
                ?? throw RepositoryException.Damaged(objectName, "The point is empty."));
        }
        catch (JsonException error)
        {
            throw RepositoryException.Damaged(objectName, "The point's content cannot be read.", error);
        }
    }
}
