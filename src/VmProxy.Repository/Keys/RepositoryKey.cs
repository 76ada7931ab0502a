using System.Security.Cryptography;
using System.Text;
using VmProxy.Repository.Keys;

namespace VmProxy.Repository;

/// <summary>The kinds of secrets that open a repository. The numbers are those of docs/FORMAT.md, "Key slot".</summary>
public enum RepositoryKeyKind
{
    /// <summary>The master key lies open: the repository is not encrypted.</summary>
    Open = 0,

    /// <summary>A passphrase, which Argon2id makes costly to guess.</summary>
    Passphrase = 1,

    /// <summary>A file of random bytes.</summary>
    KeyFile = 2,

    /// <summary>A key that was printed.</summary>
    Paper = 3,
}

/// <summary>A secret that opens a repository: a passphrase, the content of a key file, or a paper key. Printing it prints its kind only.</summary>
public sealed class RepositoryKey
{
    /// <summary>Bytes that a key file must have, not counting line breaks at its end.</summary>
    public const int MinKeyFileBytes = 32;

    // 32 random bytes have some 30 different ones, and 44 letters of base64 some 32; words and repetitions have few.
    const int MinDifferentBytes = 12;

    RepositoryKey(RepositoryKeyKind kind, byte[] secret) => (Kind, Secret) = (kind, secret);

    /// <summary>What it is.</summary>
    public RepositoryKeyKind Kind { get; }

    internal byte[] Secret { get; }

    /// <summary>A passphrase.</summary>
    /// <exception cref="RepositoryException">REPO_KEY_MALFORMED: it is empty.</exception>
    public static RepositoryKey FromPassphrase(string passphrase)
    {
        ArgumentNullException.ThrowIfNull(passphrase);
        return passphrase.Length > 0
            ? new RepositoryKey(RepositoryKeyKind.Passphrase, Encoding.UTF8.GetBytes(passphrase))
            : throw Malformed("passphrase", "The passphrase is empty.");
    }

    /// <summary>The content of a key file. Line breaks at its end do not count, since editors and copying through text add them.</summary>
    /// <exception cref="RepositoryException">REPO_KEY_MALFORMED: it is too short, or plainly not random.</exception>
    public static RepositoryKey FromKeyFile(ReadOnlySpan<byte> content)
    {
        var secret = content.TrimEnd("\r\n"u8).ToArray();
        if (secret.Length < MinKeyFileBytes || secret.Distinct().Count() < MinDifferentBytes)
        {
            throw Malformed("key file",
                $"The key file has {secret.Length} bytes, {secret.Distinct().Count()} of them different. A key file needs at least {MinKeyFileBytes} random bytes, "
                + "for nothing slows down who guesses it: 'openssl rand -base64 48 > FILE' makes one.");
        }

        return new RepositoryKey(RepositoryKeyKind.KeyFile, secret);
    }

    /// <summary>A paper key as it was typed: the numbered lines, alone or within the whole sheet.</summary>
    /// <exception cref="RepositoryException">REPO_KEY_MALFORMED, naming the lines that are missing or have a typing error.</exception>
    public static RepositoryKey FromPaper(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new RepositoryKey(RepositoryKeyKind.Paper, PaperKey.Parse(text));
    }

    /// <summary>The kind, in words.</summary>
    public override string ToString() => Name(Kind);

    internal static RepositoryKey NewPaper() => new(RepositoryKeyKind.Paper, RandomNumberGenerator.GetBytes(PaperKey.Length));

    internal static string Name(RepositoryKeyKind kind) => kind switch
    {
        RepositoryKeyKind.Passphrase => "passphrase",
        RepositoryKeyKind.KeyFile => "key file",
        RepositoryKeyKind.Paper => "paper key",
        _ => "open key",
    };

    internal static RepositoryException Malformed(string what, string message) => new(RepositoryErrorCodes.KeyMalformed, what, message);
}
