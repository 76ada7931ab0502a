using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using VmProxy.Repository.Packs;

namespace VmProxy.Repository.Keys;

/// <summary>The object that makes a place a repository: version, features, algorithms (docs/FORMAT.md, "Header").</summary>
internal sealed record RepositoryHeader(RandomId RepositoryId, SealKind Seal, int DefaultChunkSize, DateTimeOffset Created)
{
    /// <summary>Writers keep session objects, which a prune beside writers needs.</summary>
    public const ulong WritersKeepSessions = 1;

    public const ushort Version = 1;
    const int AuthenticatedLength = 64;
    const int Length = AuthenticatedLength + 32 + 32;
    const byte HmacSha256 = 1;
    const byte SmallestChunk = 9;
    const byte LargestChunk = 22;

    static ReadOnlySpan<byte> Magic => "VMPC"u8;

    public static bool IsChunkSize(int size) => BitOperations.IsPow2(size) && size is >= 1 << SmallestChunk and <= 1 << LargestChunk;

    /// <summary>What a writer must know to write here. Bits that this program does not know are kept, and refuse it only writing.</summary>
    public ulong WriteFeatures { get; init; }

    /// <summary>Throws unless this program knows how to write, and to remove, in this repository.</summary>
    /// <exception cref="RepositoryException">REPO_UNSUPPORTED_VERSION.</exception>
    public void ThrowIfNotWritable(string location)
    {
        if ((WriteFeatures & ~WritersKeepSessions) != 0)
        {
            throw Unsupported(location, "can be read, but uses features that this program cannot write");
        }
    }

    public byte[] Encode(KeySet keys)
    {
        var bytes = new byte[Length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Version);
        RepositoryId.Write(bytes.AsSpan(8));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(32), WriteFeatures);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), Created.ToUnixTimeSeconds());
        bytes[48] = HmacSha256;
        bytes[49] = (byte)Seal;
        bytes[50] = SmallestChunk;
        bytes[51] = LargestChunk;
        bytes[52] = (byte)BitOperations.Log2((uint)DefaultChunkSize);
        HMACSHA256.HashData(keys.HeaderKey, bytes.AsSpan(0, AuthenticatedLength), bytes.AsSpan(AuthenticatedLength));
        SHA256.HashData(bytes.AsSpan(0, Length - 32), bytes.AsSpan(Length - 32));
        return bytes;
    }

    /// <summary>Reads what can be read without a key; <see cref="Authenticate"/> follows.</summary>
    public static RepositoryHeader Decode(byte[] bytes, string location)
    {
        if (bytes.Length < 8 || !bytes.AsSpan().StartsWith(Magic))
        {
            throw new RepositoryException(RepositoryErrorCodes.NotARepository, location,
                $"{location} is not a repository: its '{ObjectNames.Header}' is of another program. Check the path.");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(4));
        if (version != Version)
        {
            throw Unsupported(location, $"has format version {version}, and this program knows version {Version}");
        }

        if (bytes.Length != Length || !SHA256.HashData(bytes.AsSpan(0, Length - 32)).AsSpan().SequenceEqual(bytes.AsSpan(Length - 32)))
        {
            throw RepositoryException.Damaged(ObjectNames.Header, $"The header of {location} does not match its checksum.");
        }

        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(24)) != 0)
        {
            throw Unsupported(location, "uses features that this program cannot read");
        }

        if (bytes[48] != HmacSha256 || bytes[49] > (byte)SealKind.AesGcm || !IsChunkSize(1 << (bytes[52] & 31)))
        {
            throw Unsupported(location, "uses algorithms or chunk sizes that this program does not know");
        }

        return new RepositoryHeader(
            RandomId.Read(bytes.AsSpan(8)),
            (SealKind)bytes[49],
            1 << bytes[52],
            DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(40)), 0, 253402300799)))
        {
            WriteFeatures = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(32)),
        };
    }

    /// <summary>Proves that the header was written by a holder of the key: encryption cannot be switched off by a change of the store.</summary>
    public static void Authenticate(byte[] bytes, KeySet keys, string location)
    {
        var expected = HMACSHA256.HashData(keys.HeaderKey, bytes.AsSpan(0, AuthenticatedLength));
        if (!CryptographicOperations.FixedTimeEquals(expected, bytes.AsSpan(AuthenticatedLength, 32)))
        {
            throw RepositoryException.Damaged(ObjectNames.Header, $"The header of {location} was not written with the key of this repository.");
        }
    }

    static RepositoryException Unsupported(string location, string what) => new(
        RepositoryErrorCodes.UnsupportedVersion, location, $"The repository {location} {what}. Use the version of VmProxy that wrote it, or a later one.");
}
