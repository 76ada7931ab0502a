using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using VmProxy.Engine.Failures;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files.Targets;

/// <summary>
/// A folder on Linux. Every step goes from an open folder to a name in it without following links, so that neither a link that the guest brought nor one that lies in the folder
/// already can lead a file out of it. A file has its name only when it is whole.
/// </summary>
[SupportedOSPlatform("linux")]
sealed class LinuxFolderTarget : IFileTarget
{
    readonly LinuxFolders _folders;
    readonly bool _overwrite;
    readonly LinuxFacts _facts = new();
    readonly Stack<(FileItem Item, LinuxFolderCalls.FileIdentity Identity)> _unfinished = new();

    /// <summary>Opens the folder, which exists.</summary>
    /// <param name="folder">Its full path.</param>
    /// <param name="overwrite">Whether files that are there are replaced.</param>
    /// <exception cref="EngineException"><see cref="ReasonCodesOfFiles.NoFolder"/>.</exception>
    public LinuxFolderTarget(string folder, bool overwrite)
    {
        _folders = new LinuxFolders(folder);
        _overwrite = overwrite;
    }

    public bool HoldsHardLinks => true;

    public bool HoldsAttributes => true;

    public async ValueTask<Failure?> PutAsync(FileItem item, Action<Failure> remarks, CancellationToken cancellationToken)
    {
        if (SafeNames.Refuse(item) is { } refusal)
        {
            return refusal;
        }

        FinishOutside(item.Path, remarks);
        var cut = item.Path.LastIndexOf('/');
        var name = GuestName.ToBytes(item.Path[(cut + 1)..]);
        var parent = _folders.Open(cut < 0 ? "" : item.Path[..cut], out var error);
        return parent is null ? NotWritten(item, error)
            : item.Entry.Kind == GuestEntryKind.Directory ? PutFolder(item, parent, name)
            : item.SameAs is { } other ? PutHardLink(item, other, parent, name)
            : item.LinkTarget is { } target ? PutLink(item, target, parent, name, remarks)
            : item.Content is not null ? await PutFileAsync(item, parent, name, remarks, cancellationToken).ConfigureAwait(false)
            : TargetAnswers.Special(item);
    }

    public ValueTask CompleteAsync(Action<Failure> remarks, CancellationToken cancellationToken)
    {
        FinishOutside("", remarks);
        return ValueTask.CompletedTask;
    }

    /// <summary>Folders that were begun get their mode and times also when the work was given up: what is in them stays.</summary>
    public ValueTask DisposeAsync()
    {
        FinishOutside("", _ => { });
        _folders.Dispose();
        return ValueTask.CompletedTask;
    }

    Failure? PutFolder(FileItem item, SafeFileHandle parent, byte[] name)
    {
        var error = LinuxFolderCalls.MakeFolder(parent, name);
        var isNew = error == 0;
        if (!isNew && error != LinuxFolderCalls.Exists)
        {
            return NotWritten(item, error);
        }

        using var folder = LinuxFolderCalls.OpenFolder(parent, name, out error);
        if (error is LinuxFolderCalls.NotADirectory or LinuxFolderCalls.TooManyLinks)
        {
            return TargetAnswers.InTheWay(item);
        }

        if (isNew && error == 0)
        {
            LinuxFolderCalls.Identify(folder, out var identity);
            _unfinished.Push((item, identity));
        }

        // A folder that was there before is filled; its own mode and times stay as they are.
        return error == 0 ? null : NotWritten(item, error);
    }

    Failure? PutLink(FileItem item, string target, SafeFileHandle parent, byte[] name, Action<Failure> remarks)
    {
        var bytes = GuestName.ToBytes(target);
        var error = LinuxFolderCalls.MakeLink(bytes, parent, name);
        if (error == LinuxFolderCalls.Exists && _overwrite)
        {
            var temporary = TemporaryName();
            error = LinuxFolderCalls.MakeLink(bytes, parent, temporary);
            error = error == 0 ? Place(parent, temporary, name) : error;
        }

        if (error == 0)
        {
            _facts.ApplyToLink(item, parent, name, remarks);
        }

        return Answer(item, error);
    }

    Failure? PutHardLink(FileItem item, string other, SafeFileHandle parent, byte[] name)
    {
        var cut = other.LastIndexOf('/');
        using var from = _folders.OpenAgain(cut < 0 ? "" : other[..cut], out var error);
        if (from is null)
        {
            return NotWritten(item, error);
        }

        var otherName = GuestName.ToBytes(other[(cut + 1)..]);
        error = LinuxFolderCalls.MakeHardLink(from, otherName, parent, name);
        if (error == LinuxFolderCalls.Exists && _overwrite)
        {
            var temporary = TemporaryName();
            error = LinuxFolderCalls.MakeHardLink(from, otherName, parent, temporary);
            error = error == 0 ? Place(parent, temporary, name) : error;
        }

        return Answer(item, error);
    }

    async ValueTask<Failure?> PutFileAsync(FileItem item, SafeFileHandle parent, byte[] name, Action<Failure> remarks, CancellationToken cancellationToken)
    {
        if (!_overwrite && LinuxFolderCalls.IsThere(parent, name))
        {
            // Before its content is read; whoever comes meanwhile is kept, too (see Place).
            return Answer(item, LinuxFolderCalls.Exists);
        }

        var temporary = TemporaryName();
        using var file = LinuxFolderCalls.CreateFile(parent, temporary, out var error);
        if (error != 0)
        {
            return NotWritten(item, error);
        }

        var placed = false;
        try
        {
            await WriteAsync(item, file, cancellationToken).ConfigureAwait(false);
            _facts.ApplyTo(item, file, remarks);
            error = Place(parent, temporary, name);
            placed = error == 0;
            return Answer(item, error);
        }
        catch (Exception exception) when (TargetFaults.IsOfTheTarget(exception))
        {
            return TargetFaults.IsOfAll(exception) ? throw TargetFaults.Full(item, exception) : TargetAnswers.NotWritten(item, exception.Message);
        }
        finally
        {
            if (!placed)
            {
                LinuxFolderCalls.Remove(parent, temporary);
            }
        }
    }

    static async ValueTask WriteAsync(FileItem item, SafeFileHandle file, CancellationToken cancellationToken)
    {
        var content = item.Content!;
        await ContentPieces.ReadAsync(
            content, skipsHoles: true, (offset, piece) => RandomAccess.WriteAsync(file, piece, offset, cancellationToken), cancellationToken).ConfigureAwait(false);
        RandomAccess.SetLength(file, content.Length);
    }

    /// <summary>Gives the finished file its name. Where the file system cannot do that without replacing (such as NFS), a hard link can.</summary>
    int Place(SafeFileHandle parent, byte[] temporary, byte[] name)
    {
        var error = LinuxFolderCalls.Rename(parent, temporary, name, _overwrite);
        if (error is LinuxFolderCalls.InvalidArgument or LinuxFolderCalls.NoSuchCall && !_overwrite)
        {
            error = LinuxFolderCalls.MakeHardLink(parent, temporary, parent, name);
        }

        if (error != 0 || !_overwrite)
        {
            // After a rename there is nothing of this name any more.
            LinuxFolderCalls.Remove(parent, temporary);
        }

        return error;
    }

    /// <summary>Folders get their mode and times when nothing more is put into them; a folder that somebody has put there instead keeps its own.</summary>
    void FinishOutside(string path, Action<Failure> remarks)
    {
        while (_unfinished.TryPeek(out var folder) && !path.StartsWith(folder.Item.Path + "/", StringComparison.Ordinal))
        {
            _unfinished.Pop();
            using var opened = _folders.OpenAgain(folder.Item.Path, out var error);
            if (opened is not null && LinuxFolderCalls.Identify(opened, out var identity) != 0 && identity == folder.Identity)
            {
                _facts.ApplyTo(folder.Item, opened, remarks);
            }
            else
            {
                remarks(TargetAnswers.AttributesLost(folder.Item, $"owner, mode and times ({(opened is null ? Words(error) : "another folder has its place")})"));
            }
        }
    }

    static byte[] TemporaryName() => System.Text.Encoding.ASCII.GetBytes($".vmproxy-{Guid.NewGuid():N}.part");

    static Failure? Answer(FileItem item, int error) =>
        error == 0 ? null : error == LinuxFolderCalls.Exists ? TargetAnswers.Exists(item, "A file of this name is there already.") : NotWritten(item, error);

    static Failure NotWritten(FileItem item, int error) => TargetAnswers.NotWritten(item, Words(error) + ".");

    static string Words(int error) =>
        error is LinuxFolderCalls.NotADirectory or LinuxFolderCalls.TooManyLinks ? "A folder on its way is a link or a file" : new System.ComponentModel.Win32Exception(error).Message;
}
