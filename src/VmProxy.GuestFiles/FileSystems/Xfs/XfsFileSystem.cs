using System.Runtime.CompilerServices;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>XFS, versions 4 and 5. A log that was left behind is replayed in memory.</summary>
sealed class XfsFileSystem : IGuestFileSystem
{
    readonly XfsVolume _volume;
    readonly XfsDirectory _directories;
    readonly XfsLinks _links;
    readonly XfsAttributes _attributes;

    XfsFileSystem(XfsVolume volume, XfsInode root, IReadOnlyList<GuestProblem> findings)
    {
        _volume = volume;
        _directories = new XfsDirectory(volume);
        _links = new XfsLinks(volume);
        _attributes = new XfsAttributes(volume);
        Findings = findings;
        Root = XfsEntry.Of("", root);
        var superblock = volume.Superblock;
        Info = new GuestFileSystemInfo(
            "xfs", superblock.Label, new Guid(superblock.Uuid, bigEndian: true).ToString(), (long)superblock.Blocks << superblock.BlockLog, superblock.BlockSize)
        {
            IgnoresCase = superblock.IgnoresCase,
        };
    }

    public GuestFileSystemInfo Info { get; }

    public IReadOnlyList<GuestProblem> Findings { get; }

    public GuestEntry Root { get; }

    /// <summary>Opens the file system on a volume, which stays the caller's.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="name">How it is called in errors.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="GuestFileException">It is damaged beyond opening, or has a form that is not read.</exception>
    /// <exception cref="BlockDeviceException">The volume could not be read.</exception>
    public static async ValueTask<IGuestFileSystem> OpenAsync(IBlockDevice volume, string name, CancellationToken cancellationToken)
    {
        var findings = new List<GuestProblem>();
        try
        {
            var (superblock, copyUsed) = await XfsSuperblockFinder.FindAsync(volume, cancellationToken).ConfigureAwait(false);
            if (copyUsed is not null)
            {
                findings.Add(copyUsed);
            }

            if (superblock.NeedsRepair)
            {
                findings.Add(new GuestProblem(GuestFileErrorCodes.Damaged, "superblock", "The file system is marked as one that needs xfs_repair.") { IsWarning = true });
            }

            var replay = await XfsReplay.RunAsync(volume, superblock, cancellationToken).ConfigureAwait(false);
            findings.AddRange(replay.Findings);
            superblock = replay.Superblock;
            var opened = new XfsVolume(replay.Device, superblock);
            try
            {
                var root = await opened.ReadInodeAsync(superblock.RootInode, cancellationToken).ConfigureAwait(false);
                return root.Kind == GuestEntryKind.Directory ? new XfsFileSystem(opened, root, findings)
                    : throw GuestFileException.Damaged(root.Subject, $"The root, {root.Subject}, is no directory.");
            }
            catch
            {
                await opened.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch (GuestFileException exception)
        {
            throw new GuestFileException(exception.Code, name, $"The XFS file system {name} cannot be opened. {exception.Message}", exception);
        }
    }

    public async ValueTask<GuestEntry?> FindAsync(GuestEntry directory, string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var inode = await DirectoryAsync(directory, cancellationToken).ConfigureAwait(false);
        return name is "." or ".." || await FindInodeAsync(inode, name, cancellationToken).ConfigureAwait(false) is not { } found ? null
            : await EntryAsync(found, cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<GuestEntry> ListAsync(
        GuestEntry directory, GuestProblems problems, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ThrowIfNoDirectory(directory);
        XfsInode inode;
        try
        {
            inode = await DirectoryAsync(directory, cancellationToken).ConfigureAwait(false);
        }
        catch (GuestFileException exception)
        {
            problems.Add(exception);
            yield break;
        }

        await foreach (var names in _directories.ReadAsync(inode, problems, cancellationToken).ConfigureAwait(false))
        {
            await _volume.PrefetchInodesAsync(names, cancellationToken).ConfigureAwait(false);
            foreach (var name in names)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return _volume.TryReadInode(name.Inode, out var found, out var problem)
                    ? problem is null ? XfsEntry.Of(name.Name, found) : XfsEntry.Broken(name, problem)
                    : await EntryAsync(name, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask<IBlockDevice> OpenAsync(GuestEntry file, CancellationToken cancellationToken)
    {
        var inode = await ReadAsync(file, cancellationToken).ConfigureAwait(false);
        return inode.Kind != GuestEntryKind.File ? throw new GuestFileException(GuestFileErrorCodes.NotAFile, file.Name, $"{file.Name} is no file with bytes.")
            : inode.Size == 0 ? new BytesContent(default)
            : new XfsContent(_volume, inode);
    }

    public ValueTask<IReadOnlyList<GuestStream>> ListStreamsAsync(GuestEntry entry, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<GuestStream>>([]);

    public ValueTask<IBlockDevice> OpenStreamAsync(GuestEntry entry, string stream, CancellationToken cancellationToken) =>
        throw new GuestFileException(GuestFileErrorCodes.NotFound, stream, $"XFS has no named streams such as {stream}.");

    public async ValueTask<IReadOnlyList<GuestAttribute>> ReadAttributesAsync(GuestEntry entry, CancellationToken cancellationToken) =>
        await _attributes.ReadAsync(await ReadAsync(entry, cancellationToken, mayBeUnread: true).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    public async ValueTask<string> ReadLinkAsync(GuestEntry link, CancellationToken cancellationToken)
    {
        var inode = await ReadAsync(link, cancellationToken).ConfigureAwait(false);
        return inode.Kind == GuestEntryKind.SymbolicLink
            ? await _links.ReadAsync(inode, cancellationToken).ConfigureAwait(false)
            : throw new GuestFileException(GuestFileErrorCodes.NotALink, link.Name, $"{link.Name} is no symbolic link.");
    }

    public ValueTask DisposeAsync() => _volume.DisposeAsync();

    async ValueTask<XfsName?> FindInodeAsync(XfsInode directory, string name, CancellationToken cancellationToken)
    {
        var isLarge = directory.Format != XfsForkFormat.Local && directory.Size > _volume.Superblock.DirectoryBlockSize;
        if (isLarge && !Info.IgnoresCase)
        {
            try
            {
                var index = new XfsDirectoryIndex(_volume, directory);
                return await index.FindAsync(GuestName.ToBytes(name), cancellationToken).ConfigureAwait(false) is { } inode ? new XfsName(name, inode) : null;
            }
            catch (GuestFileException)
            {
                // The names themselves may be sound: they are gone through.
            }
        }

        var problems = new GuestProblems();
        await foreach (var names in _directories.ReadAsync(directory, problems, cancellationToken).ConfigureAwait(false))
        {
            foreach (var found in names)
            {
                if (Info.IgnoresCase ? IsSameIgnoringCase(found.Name, name) : found.Name == name)
                {
                    return found;
                }
            }
        }

        return problems.Count == 0 ? null : throw problems.First[0].ToException();
    }

    /// <summary>The names of mkfs.xfs -n version=ci: only the letters of ASCII are folded.</summary>
    static bool IsSameIgnoringCase(string left, string right) => System.Text.Ascii.EqualsIgnoreCase(left, right) || left == right;

    async ValueTask<GuestEntry> EntryAsync(XfsName name, CancellationToken cancellationToken)
    {
        try
        {
            return XfsEntry.Of(name.Name, await _volume.ReadInodeAsync(name.Inode, cancellationToken).ConfigureAwait(false));
        }
        catch (GuestFileException exception)
        {
            return XfsEntry.Broken(name, exception.ToProblem());
        }
    }

    async ValueTask<XfsInode> DirectoryAsync(GuestEntry directory, CancellationToken cancellationToken)
    {
        ThrowIfNoDirectory(directory);
        var inode = await ReadAsync(directory, cancellationToken).ConfigureAwait(false);
        ThrowIf(inode.Kind != GuestEntryKind.Directory, directory);
        return inode;
    }

    async ValueTask<XfsInode> ReadAsync(GuestEntry entry, CancellationToken cancellationToken, bool mayBeUnread = false)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return entry is not XfsEntry ? throw new ArgumentException("The entry belongs to another file system.", nameof(entry))
            : entry.Problem is { IsWarning: false } problem && (!mayBeUnread || entry.Kind == GuestEntryKind.Unknown) ? throw problem.ToException()
            : await _volume.ReadInodeAsync(entry.Id, cancellationToken).ConfigureAwait(false);
    }

    static void ThrowIfNoDirectory(GuestEntry directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ThrowIf(directory.Kind != GuestEntryKind.Directory, directory);
    }

    static void ThrowIf(bool isNoDirectory, GuestEntry entry)
    {
        if (isNoDirectory)
        {
            throw new GuestFileException(GuestFileErrorCodes.NotADirectory, entry.Name, $"{entry.Name} is no directory.");
        }
    }
}
