namespace VmProxy.GuestFiles;

/// <summary>
/// A guest's file system, read only and without the kernel. It trusts no byte of the disk. Whatever goes wrong is a <see cref="GuestFileException"/>, or a
/// <see cref="Blocks.BlockDeviceException"/> where the disk itself could not be read. Many threads may use it at once. It does not own the device that it was
/// opened on.
/// </summary>
public interface IGuestFileSystem : IAsyncDisposable
{
    /// <summary>What it says of itself.</summary>
    GuestFileSystemInfo Info { get; }

    /// <summary>What was noticed while it was opened: a log that was replayed or could not be, a copy used because the first was damaged.</summary>
    IReadOnlyList<GuestProblem> Findings { get; }

    /// <summary>The root directory.</summary>
    GuestEntry Root { get; }

    /// <summary>One name in a directory, or null. The name is compared as the file system compares names.</summary>
    /// <exception cref="GuestFileException">The directory is damaged where the name would be, or is no directory.</exception>
    ValueTask<GuestEntry?> FindAsync(GuestEntry directory, string name, CancellationToken cancellationToken);

    /// <summary>
    /// The entries of a directory, without "." and "..", in the order in which they lie. What cannot be read is put into <paramref name="problems"/> and the rest
    /// is given.
    /// </summary>
    /// <exception cref="GuestFileException">The entry is no directory.</exception>
    IAsyncEnumerable<GuestEntry> ListAsync(GuestEntry directory, GuestProblems problems, CancellationToken cancellationToken);

    /// <summary>
    /// Everything below a directory, a directory before what it holds; a directory that is met twice is a problem and not entered again. Links are not followed.
    /// </summary>
    /// <exception cref="GuestFileException">The entry is no directory.</exception>
    IAsyncEnumerable<GuestWalkEntry> WalkAsync(GuestEntry directory, GuestProblems problems, CancellationToken cancellationToken) =>
        GuestWalk.DepthFirstAsync(this, directory, problems, cancellationToken);

    /// <summary>The content of a file as bytes of exactly <see cref="GuestEntry.Size"/>. The caller disposes it, before the file system.</summary>
    /// <exception cref="GuestFileException">It is no file, is damaged, or of a form that is not read (<see cref="GuestEntry.Problem"/>).</exception>
    ValueTask<Blocks.IBlockDevice> OpenAsync(GuestEntry file, CancellationToken cancellationToken);

    /// <summary>The named streams of a file or directory. Empty where the file system has none.</summary>
    ValueTask<IReadOnlyList<GuestStream>> ListStreamsAsync(GuestEntry entry, CancellationToken cancellationToken);

    /// <summary>The content of a named stream.</summary>
    /// <exception cref="GuestFileException">There is no such stream, or it cannot be read.</exception>
    ValueTask<Blocks.IBlockDevice> OpenStreamAsync(GuestEntry entry, string stream, CancellationToken cancellationToken);

    /// <summary>The extended attributes of an entry. Empty where the file system has none.</summary>
    ValueTask<IReadOnlyList<GuestAttribute>> ReadAttributesAsync(GuestEntry entry, CancellationToken cancellationToken);

    /// <summary>The target of a symbolic link or junction, in the guest's own spelling.</summary>
    /// <exception cref="GuestFileException">It is no link, or damaged.</exception>
    ValueTask<string> ReadLinkAsync(GuestEntry link, CancellationToken cancellationToken);
}
