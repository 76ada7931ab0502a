using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace VmProxy.GuestFiles;

/// <summary>The name that Linux shows for an encrypted one as long as it has no key: base64url of the name's hash and bytes, long ones cut by SHA-256. Source: the kernel's fs/crypto/fname.c.</summary>
static class ExtNoKeyName
{
    const int HashBytes = 8;
    const int WholeBytes = 149;

    public static string Of(ExtSuperblock superblock, ReadOnlySpan<byte> name)
    {
        var version = superblock.HashVersion + (superblock.HashVersion <= ExtHash.Tea && superblock.HashesUnsigned ? ExtHash.Unsigned : 0);
        ExtHash.TryCompute(version, superblock.HashSeed, name, out var hash, out var minor);
        Span<byte> bytes = stackalloc byte[HashBytes + WholeBytes + SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, hash);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[sizeof(uint)..], minor);
        var whole = Math.Min(name.Length, WholeBytes);
        name[..whole].CopyTo(bytes[HashBytes..]);
        var length = HashBytes + whole;
        if (name.Length > WholeBytes)
        {
            length += SHA256.HashData(name[WholeBytes..], bytes[length..]);
        }

        return Base64Url.EncodeToString(bytes[..length]);
    }
}
