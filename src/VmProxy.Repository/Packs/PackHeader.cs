using System.Buffers.Binary;
using System.IO.Hashing;

namespace VmProxy.Repository.Packs;

internal enum PackKind : byte
{
    /// <summary>Chunks of disks.</summary>
    Data = 1,

    /// <summary>Map pages and pieces of blobs.</summary>
    Metadata = 2,
}

/// <summary>The first bytes of a pack (docs/FORMAT.md, "Packs"). They follow from these four values alone, and all seals of the pack cover them.</summary>
internal sealed record PackHeader(RandomId Id, PackKind Kind, SealKind Seal, uint Epoch)
{
    public const int Length = 32;
    const ushort Version = 1;

    static ReadOnlySpan<byte> Magic => "VMPP"u8;

    public string ObjectName => ObjectNames.Pack(Kind, Id);

    public void Write(Span<byte> bytes)
    {
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[4..], Version);
        bytes[6] = (byte)Kind;
        bytes[7] = (byte)Seal;
        Id.Write(bytes[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[24..], Epoch);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[28..], Crc32.HashToUInt32(bytes[..28]));
    }

    public static PackHeader Read(ReadOnlySpan<byte> bytes, string objectName)
    {
        if (!bytes.StartsWith(Magic) || BinaryPrimitives.ReadUInt32LittleEndian(bytes[28..]) != Crc32.HashToUInt32(bytes[..28]))
        {
            throw RepositoryException.Damaged(objectName, "The pack's header does not match its checksum.");
        }

        var header = new PackHeader(
            RandomId.Read(bytes[8..]), (PackKind)bytes[6], (SealKind)bytes[7], BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]));
        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) != Version || !IsKnown(header.Kind, header.Seal))
        {
            throw new RepositoryException(RepositoryErrorCodes.UnsupportedVersion, objectName,
                $"The pack '{objectName}' is of a kind or version that this program does not know.");
        }

        return header.ObjectName == objectName
            ? header
            : throw RepositoryException.Damaged(objectName, $"The pack under this name is '{header.ObjectName}'.");
    }

    public static bool IsKnown(PackKind kind, SealKind seal) => kind is PackKind.Data or PackKind.Metadata && seal <= SealKind.AesGcm;
}
