namespace VmProxy.GuestFiles;

/// <summary>The stable codes of <see cref="GuestFileException"/> and <see cref="GuestProblem"/>.</summary>
public static class GuestFileErrorCodes
{
    /// <summary>A structure on the disk cannot be right; the message names it.</summary>
    public const string Damaged = "GUEST_DAMAGED";

    /// <summary>A form that VmProxy knows by name and does not read.</summary>
    public const string Unsupported = "GUEST_UNSUPPORTED";

    /// <summary>The content is encrypted, and the key is not on the disk.</summary>
    public const string Encrypted = "GUEST_ENCRYPTED";

    /// <summary>The content lies in the chunk store of Windows data deduplication.</summary>
    public const string Deduplicated = "GUEST_DEDUPLICATED";

    /// <summary>The content lies in a cloud, and the disk holds its name only.</summary>
    public const string CloudPlaceholder = "GUEST_CLOUD_PLACEHOLDER";

    /// <summary>There is no such path, stream or volume.</summary>
    public const string NotFound = "GUEST_NOT_FOUND";

    /// <summary>A directory was needed, and it is something else.</summary>
    public const string NotADirectory = "GUEST_NOT_A_DIRECTORY";

    /// <summary>A file with bytes was needed, and it is something else.</summary>
    public const string NotAFile = "GUEST_NOT_A_FILE";

    /// <summary>A link was needed, and it is something else.</summary>
    public const string NotALink = "GUEST_NOT_A_LINK";

    /// <summary>Links lead in a circle, or through more than forty of them.</summary>
    public const string LinkLoop = "GUEST_LINK_LOOP";

    /// <summary>The path could mean files of several volumes.</summary>
    public const string Ambiguous = "GUEST_AMBIGUOUS";

    /// <summary>A damaged or missing structure was read from its copy.</summary>
    public const string CopyUsed = "GUEST_COPY_USED";

    /// <summary>The disk was taken while it was in use; its log was replayed in memory.</summary>
    public const string LogReplayed = "GUEST_LOG_REPLAYED";

    /// <summary>The disk was taken while it was in use, and its log was not replayed: what it concerns may be older or in part newer than it should be.</summary>
    public const string LogNotReplayed = "GUEST_LOG_NOT_REPLAYED";
}
