using System.Runtime.CompilerServices;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>
/// ext2, ext3 and ext4. A log that was in use is replayed in memory. Names in directories that fold case are found as they are written, else without regard to case. Encrypted
/// directories are listed with the names that Linux gives without the key.
/// </summary>
sealed class ExtFileSystem : IGuestFileSystem
{
    public const uint RootInode = 2;

    const int MaxName = 255;

    readonly ExtVolume _volume;

    ExtFileSystem(ExtVolume volume, IReadOnlyList<GuestProblem> findings, GuestEntry root)
    {
        _volume = volume;
        Findings = findings;
        Root = root;
        var superblock = volume.Superblock;
        Info = new GuestFileSystemInfo(superblock.Kind, superblock.Label, superblock.Uuid, superblock.Length, superblock.BlockSize);
    }

    public GuestFileSystemInfo Info { get; }

    public IReadOnlyList<GuestProblem> Findings { get; }

    public GuestEntry Root { get; }

    /// <summary>Opens the file system of a volume, which stays the caller's.</summary>
    /// <exception cref="GuestFileException">There is none, it has features that are not read, or its superblock, descriptors or root directory are damaged.</exception>
    public static async ValueTask<IGuestFileSystem> OpenAsync(IBlockDevice volume, string name, CancellationToken cancellationToken)
    {
        var findings = new List<GuestProblem>();
        var opened = await ExtOpening.OpenAsync(volume, name, findings, cancellationToken).ConfigureAwait(false);
        try
        {
            var root = ExtEntry.Of(opened, await opened.Inodes.ReadAsync(RootInode, cancellationToken).ConfigureAwait(false), "");
            return root.Kind == GuestEntryKind.Directory
                ? new ExtFileSystem(opened, findings, root)
                : throw opened.Damaged($"inode {RootInode}", "should be the root directory and is none");
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask<GuestEntry?> FindAsync(GuestEntry directory, string name, CancellationToken cancellationToken)
    {
        var number = NumberOf(directory, GuestEntryKind.Directory);
        var inode = await _volume.Inodes.ReadAsync(number, cancellationToken).ConfigureAwait(false);
        var bytes = GuestName.ToBytes(name);
        if (bytes.Length is 0 or > MaxName || name is "." or "..")
        {
            return null;
        }

        if (_volume.FastCommits is { } commits && commits.Changes(number, name))
        {
            return commits.AddedTo(number).TryGetValue(name, out var added)
                ? await ExtListing.EntryAsync(_volume, added, name, cancellationToken).ConfigureAwait(false)
                : null;
        }

        var content = new ExtDirectory(_volume, inode);
        if (inode.Flags.HasFlag(ExtInodeFlags.Encrypted))
        {
            return await ScanListAsync(directory, other => other == name, cancellationToken).ConfigureAwait(false);
        }

        var folds = inode.Flags.HasFlag(ExtInodeFlags.CaseFold);
        var found = content.IsIndexed && !folds && !IsNew(number)
            ? await ExtDirectoryIndex.FindAsync(content, _volume.Superblock, bytes, cancellationToken).ConfigureAwait(false)
            : null;
        found ??= await ScanAsync(content, bytes, cancellationToken).ConfigureAwait(false);
        return found is > 0 ? await ExtListing.EntryAsync(_volume, found.Value, name, cancellationToken).ConfigureAwait(false)
            : folds ? await ScanListAsync(directory, other => string.Equals(other, name, StringComparison.OrdinalIgnoreCase), cancellationToken).ConfigureAwait(false)
            : null;
    }

    public IAsyncEnumerable<GuestEntry> ListAsync(GuestEntry directory, GuestProblems problems, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(problems);
        return EntriesAsync(NumberOf(directory, GuestEntryKind.Directory), problems, cancellationToken);
    }

    public async ValueTask<IBlockDevice> OpenAsync(GuestEntry file, CancellationToken cancellationToken)
    {
        var number = NumberOf(file, GuestEntryKind.File);
        return ExtContents.Open(_volume, await _volume.Inodes.ReadAsync(number, cancellationToken).ConfigureAwait(false));
    }

    public ValueTask<IReadOnlyList<GuestStream>> ListStreamsAsync(GuestEntry entry, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<GuestStream>>([]);

    public ValueTask<IBlockDevice> OpenStreamAsync(GuestEntry entry, string stream, CancellationToken cancellationToken) =>
        throw new GuestFileException(GuestFileErrorCodes.NotFound, stream, $"{_volume.Name} is {Info.Kind}, which has no named streams such as {stream}.");

    public async ValueTask<IReadOnlyList<GuestAttribute>> ReadAttributesAsync(GuestEntry entry, CancellationToken cancellationToken)
    {
        var number = ((ExtEntry)entry).Number;
        return await ExtAttributes.ReadAsync(_volume, await _volume.Inodes.ReadAsync(number, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<string> ReadLinkAsync(GuestEntry link, CancellationToken cancellationToken)
    {
        var number = NumberOf(link, GuestEntryKind.SymbolicLink);
        return await ExtContents.ReadLinkAsync(_volume, await _volume.Inodes.ReadAsync(number, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _volume.DisposeAsync();

    async IAsyncEnumerable<GuestEntry> EntriesAsync(uint number, GuestProblems problems, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ExtListing? listing = null;
        try
        {
            var inode = await _volume.Inodes.ReadAsync(number, cancellationToken).ConfigureAwait(false);
            listing = new ExtListing(_volume, new ExtDirectory(_volume, inode), number);
            if (inode.Flags.HasFlag(ExtInodeFlags.Encrypted))
            {
                problems.Add(ExtEntry.Of(_volume, inode, "").Problem!);
            }
        }
        catch (GuestFileException exception)
        {
            problems.Add(exception);
        }

        if (listing is null)
        {
            yield break;
        }

        await foreach (var entry in listing.EntriesAsync(problems, cancellationToken).ConfigureAwait(false))
        {
            yield return entry;
        }
    }

    bool IsNew(uint directory) => _volume.FastCommits is { } commits && commits.IsNewDirectory(directory);

    /// <summary>Goes through a directory's blocks; 0 for no such name.</summary>
    static async ValueTask<uint> ScanAsync(ExtDirectory directory, byte[] name, CancellationToken cancellationToken)
    {
        GuestFileException? problem = null;
        await foreach (var block in directory.BlocksAsync(cancellationToken).ConfigureAwait(false))
        {
            problem ??= block.Problem;
            if (block.Problem is null && ExtDirectoryEntries.Find(block.Entries.Span, name) is > 0 and var inode)
            {
                return inode;
            }
        }

        return problem is null ? 0u : throw problem;
    }

    async ValueTask<GuestEntry?> ScanListAsync(GuestEntry directory, Func<string, bool> isMeant, CancellationToken cancellationToken)
    {
        await foreach (var entry in ListAsync(directory, new GuestProblems(), cancellationToken).ConfigureAwait(false))
        {
            if (isMeant(entry.Name))
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>The inode's number of an entry that is of a kind and can be used.</summary>
    uint NumberOf(GuestEntry entry, GuestEntryKind kind)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry.Problem is { IsWarning: false } problem)
        {
            throw problem.ToException();
        }

        var (code, wanted) = kind switch
        {
            GuestEntryKind.Directory => (GuestFileErrorCodes.NotADirectory, "directory"),
            GuestEntryKind.File => (GuestFileErrorCodes.NotAFile, "file"),
            _ => (GuestFileErrorCodes.NotALink, "symbolic link"),
        };
        return entry.Kind == kind ? ((ExtEntry)entry).Number
            : throw new GuestFileException(code, entry.Name, $"{entry.Name} (inode {entry.Id}) of {_volume.Name} is no {wanted}.");
    }
}
