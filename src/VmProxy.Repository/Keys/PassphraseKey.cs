using NSec.Cryptography;

namespace VmProxy.Repository.Keys;

/// <summary>
/// Turns a passphrase into a key by Argon2id, version 1.3 (RFC 9106). Slots of one lane, as they are made now, take libsodium, which is some five
/// times as fast as managed code and knows no other number of lanes; older slots have four.
/// </summary>
internal static class PassphraseKey
{
    public const int Length = 32;

    /// <summary>Derives the key. It takes a tenth of a second, or what the cost says, on threads of the pool.</summary>
    public static async Task<byte[]> DeriveAsync(byte[] passphrase, ReadOnlyMemory<byte> salt, PassphraseCost cost)
    {
        if (cost.Parallelism == 1)
        {
            var native = new NSec.Cryptography.Argon2id(
                new Argon2Parameters { DegreeOfParallelism = 1, MemorySize = cost.MemoryKib, NumberOfPasses = cost.Iterations });
            return await Task.Run(() => native.DeriveBytes(passphrase, salt.Span, Length)).ConfigureAwait(false);
        }

        using var managed = new Konscious.Security.Cryptography.Argon2id(passphrase)
        {
            Salt = salt.ToArray(),
            MemorySize = cost.MemoryKib,
            Iterations = cost.Iterations,
            DegreeOfParallelism = cost.Parallelism,
        };
        return await managed.GetBytesAsync(Length).ConfigureAwait(false);
    }
}
