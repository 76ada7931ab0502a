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

    internal bool Exists => Directory.Exists(_root);

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
        return writer.CompleteIfAbsent();
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
        var file = new FileInfo(PathOf(name));
        return ValueTask.FromResult<long?>(file.Exists ? file.Length : null);
    }

    /// <inheritdoc/>
    public ValueTask ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        Guarded(name, "be read", async () =>
        {
            var path = PathOf(name);
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
        Guarded(name, "be mapped", () => ValueTask.FromResult<ObjectView>(new MappedFile(PathOf(name))));

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The prefix may end inside a file name; its folder part bounds the walk.
        var folder = Path.Combine(_root, prefix.Contains('/', StringComparison.Ordinal) ? prefix[..prefix.LastIndexOf('/')] : "");
        if (!Directory.Exists(folder))
        {
            yield break;
        }

        using var files = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).GetEnumerator();
        while (await Guarded(prefix, "be listed", () => ValueTask.FromResult(files.MoveNext())).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (InfoOf(files.Current) is { } info && info.Name.StartsWith(prefix, StringComparison.Ordinal))
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
            if (File.Exists(path))
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
        return folder.Exists
            ? folder.EnumerateFiles().Count(file =>
                file.LastWriteTimeUtc < oldest && file.Extension != LockSuffix && LocalObjectWriter.TryRemove(file.FullName))
            : 0;
    }

    ObjectInfo? InfoOf(FileInfo file)
    {
        var name = Path.GetRelativePath(_root, file.FullName).Replace(Path.DirectorySeparatorChar, '/');
        try
        {
            return name.StartsWith(TemporaryFolder + "/", StringComparison.Ordinal) ? null : new ObjectInfo(name, file.Length, file.LastWriteTimeUtc);
        }
        catch (FileNotFoundException)
        {
            return null; // deleted since it was listed
        }
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
            if (_knownFolders.Contains(folder) && Directory.Exists(folder))
            {
                return;
            }

            if (!Directory.Exists(folder))
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
