using System.Text;
using VmProxy.Engine.Configuration;
using VmProxy.Repository;

namespace VmProxy.Engine.Care;

/// <summary>A key of a repository that somebody gives.</summary>
public sealed class GivenKey
{
    GivenKey(RepositoryKey key) => Key = key;

    internal RepositoryKey Key { get; }

    /// <summary>A passphrase.</summary>
    /// <exception cref="RepositoryException">REPO_KEY_MALFORMED.</exception>
    public static GivenKey Passphrase(string passphrase) => new(RepositoryKey.FromPassphrase(passphrase));

    /// <summary>A passphrase.</summary>
    /// <exception cref="RepositoryException">REPO_KEY_MALFORMED.</exception>
    public static GivenKey Passphrase(Secret secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return Passphrase(secret.Reveal());
    }

    /// <summary>The content of a key file.</summary>
    /// <exception cref="RepositoryException">REPO_KEY_MALFORMED.</exception>
    public static GivenKey KeyFile(Secret secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return new(RepositoryKey.FromKeyFile(secret.RevealBytes()));
    }

    /// <summary>The text of a key file.</summary>
    /// <exception cref="RepositoryException">REPO_KEY_MALFORMED.</exception>
    public static GivenKey KeyFile(string content) => new(RepositoryKey.FromKeyFile(Encoding.UTF8.GetBytes(content)));

    /// <summary>The lines of a paper key.</summary>
    /// <exception cref="RepositoryException">REPO_KEY_MALFORMED, naming the lines with an error.</exception>
    public static GivenKey Paper(Secret secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return new(RepositoryKey.FromPaper(secret.Reveal()));
    }
}
