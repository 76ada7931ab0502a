using System.Runtime.CompilerServices;
using VmProxy.Blocks;

namespace VmProxy.Repository;

/// <summary>
/// Objects as files in a local or NFS folder. A write goes to a file in <c>tmp/</c>, which is synced, renamed, and made durable by a sync of
/// the folder; so readers never see a part of an object. A conditional write links instead of renaming (which fails when the name is taken), or
/// renames under a lock file that all who replace that object take.
/// </summary>
public sealed class LocalObjectStore : IObjectStore
{
    internal const string TemporaryFolder = "tmp";
    const string LockSuffix = ".lock";
    static readonly TimeSpan AbandonedAfter = TimeSpan.FromHours(1);

    readonly string _root;
    readonly Lock _folderLock = new();
    readonly HashSet<string> _knownFolders = [];
    readonly AlignedBufferPool _buffers = new(2 << 20);

    /// <summary>A store in <paramref name="folder"/>, which is made by the first write where it does not exist.</summary>
    public LocalObjectStore(string folder)
    {
        _root = Path.GetFullPath(folder);
    }

    /// <inheritdoc/>
    public string Location => _root;

    /// <summary>Whether the folder is there.</summary>
    /// <exception cref="RepositoryException">REPO_STORE_FAILED: that cannot be told.</exception>
    internal ValueTask<bool> ExistsAsync() =>
        Guarded(_root, "be looked at", () => ValueTask.FromResult(PosixFile.TryLook(_root) is { Kind: FileKind.Folder }));

    /// <inheritdoc/>
    public ValueTask<ObjectWriter> CreateAsync(string name, CancellationToken cancellationToken)
    {
        var target = PathOf(name);
        return Guarded(name, "be created", () =>
        {
            EnsureFolder(Path.Combine(_root, TemporaryFolder));
            EnsureFolder(Path.GetDirectoryName(target)!);
            var temporary = Path.Combine(_root, TemporaryFolder, RandomId.Create().ToString());
            return ValueTask.FromResult<ObjectWriter>(new LocalObjectWriter(Location, name, temporary, target, _buffers));
        });
    }

    /// <inheritdoc/>
    public async ValueTask<bool> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var writer = (LocalObjectWriter)await CreateAsync(name, cancellationToken).ConfigureAwait(false);
        await using var _ = writer.ConfigureAwait(false);
        await writer.WriteAsync(content, cancellationToken).ConfigureAwait(false);
        return await writer.CompleteIfAbsentAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<bool> ReplaceAsync(
        string name, ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        Guarded(name, "be replaced", async () =>
        {
            EnsureFolder(Path.Combine(_root, TemporaryFolder));
            var lockFile = Path.Combine(_root, TemporaryFolder, name.Replace('/', '.') + LockSuffix);
            using var _ = await PosixLock.AcquireAsync(lockFile, cancellationToken).ConfigureAwait(false);
            if (await this.TryReadAllAsync(name, cancellationToken).ConfigureAwait(false) is not { } current || !expected.Span.SequenceEqual(current))
            {
                return false;
            }

            await this.PutAsync(name, content, cancellationToken).ConfigureAwait(false);
            return true;
        });

    /// <inheritdoc/>
    public ValueTask<long?> GetLengthAsync(string name, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        return Guarded(name, "be looked at", () => ValueTask.FromResult(PosixFile.TryLook(path) switch
        {
            { Kind: FileKind.Regular, Length: var length } => length,
            { Kind: FileKind.BrokenLink } => throw NoFile(name),
            _ => default(long?),
        }));
    }

    /// <inheritdoc/>
    public ValueTask ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        Guarded(name, "be read", async () =>
        {
            var path = FileOf(name);
            var filled = await DirectRead.TryAsync(path, offset, buffer, _buffers, cancellationToken).ConfigureAwait(false) ?? 0;
            if (filled == buffer.Length)
            {
                return true;
            }

            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            while (filled < buffer.Length)
            {
                var read = await RandomAccess.ReadAsync(file, buffer[filled..], offset + filled, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    throw RepositoryException.Damaged(
                        name, $"It ends at byte {offset + filled}, but bytes {offset} to {offset + buffer.Length} are needed.");
                }

                filled += read;
            }

            return true;
        }).AsVoid();

    /// <inheritdoc/>
    public ValueTask<ObjectView> MapAsync(string name, CancellationToken cancellationToken) =>
        Guarded(name, "be mapped", () => ValueTask.FromResult<ObjectView>(new MappedFile(name, FileOf(name))));

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The prefix may end inside a file name; its folder part bounds the walk.
        var folder = Path.Combine(_root, prefix.Contains('/', StringComparison.Ordinal) ? prefix[..prefix.LastIndexOf('/')] : "");
        using var files = await Guarded(prefix, "be listed", () => ValueTask.FromResult(Walk(folder))).ConfigureAwait(false);
        while (await Guarded(prefix, "be listed", () => ValueTask.FromResult(files.MoveNext())).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = files.Current.FullName;
            var name = Path.GetRelativePath(_root, path).Replace(Path.DirectorySeparatorChar, '/');
            if (name.StartsWith(prefix, StringComparison.Ordinal) && !name.StartsWith(TemporaryFolder + "/", StringComparison.Ordinal)
                && await Guarded(name, "be looked at", () => ValueTask.FromResult(InfoOf(name, path))).ConfigureAwait(false) is { } info)
            {
                yield return info;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        return Guarded(name, "be deleted", () =>
        {
            if (PosixFile.TryLook(path) is not null)
            {
                File.Delete(path);
                PosixDirectory.Sync(Path.GetDirectoryName(path)!);
            }

            return ValueTask.FromResult(true);
        }).AsVoid();
    }

    /// <summary>
    /// Removes what dead writers left in <c>tmp/</c>: files that nobody has locked and that were not written for an hour.
    /// Nothing there was ever visible.
    /// </summary>
    /// <returns>How many files were removed.</returns>
    public int RemoveAbandoned(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        var folder = new DirectoryInfo(Path.Combine(_root, TemporaryFolder));
        var oldest = time.GetUtcNow() - AbandonedAfter;
        try
        {
            return folder.EnumerateFiles().Count(file =>
                file.LastWriteTimeUtc < oldest && file.Extension != LockSuffix && LocalObjectWriter.TryRemove(file.FullName));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return 0; // It is not there, or not ours to tidy: who only reads needs no access to it.
        }
    }

    // Only what is known not to be there is empty: who takes a folder that it cannot see for an empty one deletes what others use.
    static IEnumerator<FileInfo> Walk(string folder)
    {
        try
        {
            return new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).GetEnumerator();
        }
        catch (IOException error) when (PosixFile.IsMissingFolder(error))
        {
            return Enumerable.Empty<FileInfo>().GetEnumerator();
        }
    }

    // A broken link is listed: its name is taken, and what it should lead to is missed by somebody.
    static ObjectInfo? InfoOf(string name, string path) => PosixFile.TryLook(path) switch
    {
        null or { Kind: FileKind.Other } => null,
        { Kind: FileKind.Folder } => throw new IOException($"'{path}' became a folder while it was listed."),
        { } look => new ObjectInfo(name, look.Length, look.Modified),
    };

    static RepositoryException NoFile(string name) => RepositoryException.Damaged(name, "It is no file, but a broken link or something else.");

    /// <summary>Where to open an object: whatever else has its name is refused, since opening a pipe waits for its other end.</summary>
    string FileOf(string name)
    {
        var path = PathOf(name);
        return PosixFile.TryLook(path) is null or { Kind: FileKind.Regular } ? path : throw NoFile(name);
    }

    string PathOf(string name)
    {
        if (name.Length == 0 || name[0] == '/' || name.Split('/').Any(part => part is "" or "." or "..") || name.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{name}' is not the name of an object.", nameof(name));
        }

        return Path.Combine(_root, name);
    }

    void EnsureFolder(string folder)
    {
        lock (_folderLock)
        {
            var isThere = PosixFile.TryLook(folder) is { Kind: FileKind.Folder };
            if (_knownFolders.Contains(folder) && isThere)
            {
                return;
            }

            if (!isThere)
            {
                if (folder != _root)
                {
                    EnsureFolder(Path.GetDirectoryName(folder)!);
                }

                CreateFolder(folder);
                PosixDirectory.Sync(Path.GetDirectoryName(folder) ?? folder);
            }

            _knownFolders.Add(folder);
        }
    }

    // A repository may be unencrypted: a new one is for its owner only.
    void CreateFolder(string folder)
    {
        if (folder == _root && !OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        else
        {
            Directory.CreateDirectory(folder);
        }
    }

    ValueTask<T> Guarded<T>(string name, string step, Func<ValueTask<T>> operation) => LocalErrors.GuardedAsync(Location, name, step, operation);
}
