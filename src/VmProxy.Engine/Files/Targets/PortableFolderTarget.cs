using VmProxy.Engine.Failures;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files.Targets;

/// <summary>
/// A folder by what .NET offers everywhere, such as on Windows. Names that not every system takes are written with %XX; a folder that is a link or junction is not entered. Owners, modes, extended
/// attributes and hard links are not kept.
/// </summary>
sealed class PortableFolderTarget : IFileTarget
{
    const string Taken = "Something of this name is there already.";

    readonly string _root;
    readonly bool _overwrite;
    readonly Stack<(string Path, FileItem Item)> _unfinished = new();

    /// <summary>Takes a folder, which exists.</summary>
    /// <exception cref="EngineException"><see cref="ReasonCodesOfFiles.NoFolder"/>.</exception>
    public PortableFolderTarget(string folder, bool overwrite)
    {
        _root = Directory.Exists(folder) ? Path.GetFullPath(folder) : throw new EngineException(
            ReasonCodesOfFiles.NoFolder, folder, "open the target folder", "There is no such folder.", "Name a folder that can be written.");
        _overwrite = overwrite;
    }

    public bool HoldsHardLinks => false;

    public bool HoldsAttributes => false;

    public async ValueTask<Failure?> PutAsync(FileItem item, Action<Failure> remarks, CancellationToken cancellationToken)
    {
        if (SafeNames.Refuse(item) is { } refusal)
        {
            return refusal;
        }

        var name = SafeNames.Portable(item.Path);
        if (name != item.Path)
        {
            remarks(TargetAnswers.RenamedTo(item, name));
        }

        FinishOutside(name, remarks);
        var path = Path.Combine(_root, name);
        try
        {
            return !LiesInRealFolders(name) ? TargetAnswers.NotWritten(item, "A folder on its way is a link, a file, or missing.")
                : item.Entry.Kind == GuestEntryKind.Directory ? PutFolder(item, name, path)
                : item.LinkTarget is { } target ? PutLink(item, path, target)
                : item.Content is not null ? await PutFileAsync(item, path, remarks, cancellationToken).ConfigureAwait(false)
                : TargetAnswers.Special(item);
        }
        catch (Exception exception) when (TargetFaults.IsOfTheTarget(exception))
        {
            return TargetFaults.IsOfAll(exception) ? throw TargetFaults.Full(item, exception) : TargetAnswers.NotWritten(item, exception.Message);
        }
    }

    public ValueTask CompleteAsync(Action<Failure> remarks, CancellationToken cancellationToken)
    {
        FinishOutside("", remarks);
        return ValueTask.CompletedTask;
    }

    /// <summary>Folders that were begun get their times also when the work was given up: what is in them stays.</summary>
    public ValueTask DisposeAsync()
    {
        FinishOutside("", _ => { });
        return ValueTask.CompletedTask;
    }

    Failure? PutFolder(FileItem item, string name, string path)
    {
        if (Directory.Exists(path))
        {
            return IsLink(path) ? TargetAnswers.Exists(item, Taken) : null;
        }

        if (File.Exists(path))
        {
            return TargetAnswers.Exists(item, Taken);
        }

        Directory.CreateDirectory(path);
        _unfinished.Push((name, item));
        return null;
    }

    static Failure? PutLink(FileItem item, string path, string target)
    {
        if (Path.Exists(path) || IsLink(path))
        {
            return TargetAnswers.Exists(item, Taken);
        }

        File.CreateSymbolicLink(path, target);
        return null;
    }

    async ValueTask<Failure?> PutFileAsync(FileItem item, string path, Action<Failure> remarks, CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(Path.GetDirectoryName(path)!, $".vmproxy-{Guid.NewGuid():N}.part");
        try
        {
            using (var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.Asynchronous))
            {
                await ContentPieces.ReadAsync(
                    item.Content!, skipsHoles: true, (offset, piece) => RandomAccess.WriteAsync(file, piece, offset, cancellationToken), cancellationToken).ConfigureAwait(false);
                RandomAccess.SetLength(file, item.Content!.Length);
            }

            SetTimes(temporary, item, remarks);
            if (!_overwrite && (Path.Exists(path) || IsLink(path)))
            {
                return TargetAnswers.Exists(item, Taken);
            }

            File.Move(temporary, path, _overwrite);
            return null;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    void FinishOutside(string name, Action<Failure> remarks)
    {
        while (_unfinished.TryPeek(out var folder) && !name.StartsWith(folder.Path + "/", StringComparison.Ordinal))
        {
            _unfinished.Pop();
            SetTimes(Path.Combine(_root, folder.Path), folder.Item, remarks);
        }
    }

    static void SetTimes(string path, FileItem item, Action<Failure> remarks)
    {
        try
        {
            if (item.Entry.Modified is { } modified)
            {
                File.SetLastWriteTimeUtc(path, modified.ToDateTimeOffset().UtcDateTime);
            }
        }
        catch (Exception exception) when (TargetFaults.IsOfTheTarget(exception))
        {
            remarks(TargetAnswers.AttributesLost(item, $"modification time ({exception.Message})"));
        }
    }

    bool LiesInRealFolders(string name)
    {
        var path = _root;
        foreach (var part in name.Split('/')[..^1])
        {
            path = Path.Combine(path, part);
            if (!Directory.Exists(path) || IsLink(path))
            {
                return false;
            }
        }

        return true;
    }

    static bool IsLink(string path) => new FileInfo(path) is { LinkTarget: not null };
}
