using System.ComponentModel.DataAnnotations;
using VmProxy.Engine.Configuration.Binding;
using VmProxy.Repository;

namespace VmProxy.Engine.Configuration;

/// <summary>A place where restore points are kept.</summary>
public sealed class RepositorySettings
{
    /// <summary>The name that jobs, messages and reports use.</summary>
    public required string Name { get; init; }

    /// <summary>Folder; a relative one starts at the configuration file.</summary>
    [FilePath]
    public required string Path { get; init; }

    /// <summary>Used when the repository is made; points are encrypted unless this says otherwise.</summary>
    [AllowedValues("aes-256-gcm", "none")]
    public string Encryption { get; init; } = "aes-256-gcm";

    /// <summary>Opens the repository. Losing all of its keys loses every point.</summary>
    public Secret? Passphrase { get; init; }

    /// <summary>Opens the repository in place of a passphrase: a file of at least 32 random bytes.</summary>
    public Secret? KeyFile { get; init; }

    /// <summary>Opens the repository in place of a passphrase, when that is lost: the printed lines, typed into a file.</summary>
    public Secret? PaperKey { get; init; }

    /// <summary>zstd's level: higher is smaller and slower.</summary>
    [Range(1, 19)]
    public int CompressionLevel { get; init; } = 1;

    /// <summary>Unit of storage, a power of two from 64 KiB to 4 MiB. Larger means less metadata and coarser incrementals.</summary>
    public ByteSize ChunkSize { get; init; } = new(64 * 1024);

    /// <summary>Which points of each VM a prune keeps; null keeps all that nobody deletes.</summary>
    public KeepSettings? Keep { get; init; }

    /// <summary>How long a prune waits between condemning what nothing uses and deleting it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan PruneGrace { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Whether points are encrypted.</summary>
    public bool IsEncrypted => Encryption != "none";

    /// <summary>The key that is configured; null for a repository that is not encrypted.</summary>
    /// <exception cref="RepositoryException">REPO_KEY_MALFORMED: what is configured cannot be a key.</exception>
    internal RepositoryKey? Key() =>
        KeyFile is { } file ? RepositoryKey.FromKeyFile(file.RevealBytes())
        : PaperKey is { } paper ? RepositoryKey.FromPaper(paper.Reveal())
        : Passphrase is { } passphrase ? RepositoryKey.FromPassphrase(passphrase.Reveal()) : null;
}
