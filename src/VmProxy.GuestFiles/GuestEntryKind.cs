namespace VmProxy.GuestFiles;

/// <summary>What an entry of a guest's directory is.</summary>
public enum GuestEntryKind
{
    /// <summary>A file with bytes.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link, also that of NTFS; <see cref="IGuestFileSystem.ReadLinkAsync"/> gives its target.</summary>
    SymbolicLink,

    /// <summary>A junction or mount point of NTFS; <see cref="IGuestFileSystem.ReadLinkAsync"/> gives its target.</summary>
    Junction,

    /// <summary>A character device node.</summary>
    CharacterDevice,

    /// <summary>A block device node.</summary>
    BlockDevice,

    /// <summary>A named pipe.</summary>
    Pipe,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>Something that could not be determined; <see cref="GuestEntry.Problem"/> says why.</summary>
    Unknown,
}
