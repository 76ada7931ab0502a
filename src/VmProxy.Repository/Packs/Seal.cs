using System.Buffers.Binary;
using System.Security.Cryptography;

namespace VmProxy.Repository.Packs;

/// <summary>How payloads are protected.</summary>
internal enum SealKind : byte
{
    /// <summary>In the clear; the tag is a checksum.</summary>
    Checksum = 0,

    /// <summary>AES-256-GCM.</summary>
    AesGcm = 1,
}

/// <summary>Protects one payload under a key that seals each ordinal once at most (docs/FORMAT.md, "Seals").</summary>
internal static class Seal
{
    public const int TagLength = 16;
    const int NonceLength = 12;

    /// <summary>Seals a payload.</summary>
    /// <param name="kind">How.</param>
    /// <param name="key">The key.</param>
    /// <param name="ordinal">Used once under the key.</param>
    /// <param name="associated">What the seal covers beside the payload.</param>
    /// <param name="plain">The payload.</param>
    /// <param name="payload">Where it goes; may be the very bytes of <paramref name="plain"/>, but not overlap them otherwise.</param>
    /// <param name="tag">Where the tag goes.</param>
    public static void Protect(
        SealKind kind, byte[] key, uint ordinal, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plain, Span<byte> payload, Span<byte> tag)
    {
        if (kind == SealKind.Checksum)
        {
            plain.CopyTo(payload);
            Checksum(associated, plain, tag);
            return;
        }

        Span<byte> nonce = stackalloc byte[NonceLength];
        BinaryPrimitives.WriteUInt32LittleEndian(nonce, ordinal);
        using var cipher = new AesGcm(key, TagLength);
        cipher.Encrypt(nonce, plain, payload, tag, associated);
    }

    /// <summary>False when the payload, its tag or what is associated with it is not what was written.</summary>
    public static bool TryOpen(
        SealKind kind, byte[] key, uint ordinal, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> tag, Span<byte> plain)
    {
        if (kind == SealKind.Checksum)
        {
            Span<byte> expected = stackalloc byte[TagLength];
            Checksum(associated, payload, expected);
            payload.CopyTo(plain);
            return expected.SequenceEqual(tag);
        }

        Span<byte> nonce = stackalloc byte[NonceLength];
        BinaryPrimitives.WriteUInt32LittleEndian(nonce, ordinal);
        using var cipher = new AesGcm(key, TagLength);
        try
        {
            cipher.Decrypt(nonce, payload, tag, plain, associated);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    static void Checksum(ReadOnlySpan<byte> associated, ReadOnlySpan<byte> payload, Span<byte> tag)
    {
        Span<byte> hash = stackalloc byte[32];
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(associated);
        sha.AppendData(payload);
        sha.GetHashAndReset(hash);
        hash[..TagLength].CopyTo(tag);
    }
}
