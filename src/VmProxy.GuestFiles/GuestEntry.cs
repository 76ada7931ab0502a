namespace VmProxy.GuestFiles;

/// <summary>
/// One name in a directory and what it stands for. It belongs to the file system that gave it and can be handed back only to that one. Each file system
/// derives from it what it needs to find the file again.
/// </summary>
public abstract class GuestEntry
{
    /// <summary>
    /// The name as the file system has it; empty for the root. Names that are bytes are UTF-8; a byte that is none is the lone surrogate U+DC80 to U+DCFF
    /// (<see cref="GuestName"/>).
    /// </summary>
    public required string Name { get; init; }

    /// <summary>The file's number in its file system: inode number or file reference. Hard links share it. File systems without one give a number that is unique while they are open.</summary>
    public required ulong Id { get; init; }

    /// <summary>What it is.</summary>
    public required GuestEntryKind Kind { get; init; }

    /// <summary>Bytes of the content (of a link: as the file system tells it); 0 for directories and special files.</summary>
    public long Size { get; init; }

    /// <summary>When the content last changed.</summary>
    public GuestTime? Modified { get; init; }

    /// <summary>When it was last read, as far as the guest keeps that.</summary>
    public GuestTime? Accessed { get; init; }

    /// <summary>When the metadata last changed.</summary>
    public GuestTime? Changed { get; init; }

    /// <summary>When it was made.</summary>
    public GuestTime? Created { get; init; }

    /// <summary>The twelve permission bits of POSIX, or null where the file system has none.</summary>
    public int? Mode { get; init; }

    /// <summary>The owner's number, or null where the file system has none.</summary>
    public uint? Owner { get; init; }

    /// <summary>The group's number, or null where the file system has none.</summary>
    public uint? Group { get; init; }

    /// <summary>How many names the file has.</summary>
    public int Links { get; init; } = 1;

    /// <summary>The attribute bits of DOS and Windows (read-only 1, hidden 2, system 4, archive 32, …), or null where the file system has none.</summary>
    public uint? DosAttributes { get; init; }

    /// <summary>Major and minor number of a device node.</summary>
    public (uint Major, uint Minor)? DeviceNumber { get; init; }

    /// <summary>
    /// Why the content cannot be given, or should be doubted, or null. With <see cref="GuestProblem.IsWarning"/> it can be read; otherwise opening throws
    /// just this.
    /// </summary>
    public GuestProblem? Problem { get; init; }
}
