using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using VmProxy.Engine.Failures;
using VmProxy.GuestFiles;

namespace VmProxy.Engine.Files.Targets;

/// <summary>
/// Opens folders below a target, part by part and never through a link. It keeps the one that was opened last, since files come folder by folder, and not the whole way to it: trees
/// may be deeper than files may be open.
/// </summary>
[SupportedOSPlatform("linux")]
sealed class LinuxFolders : IDisposable
{
    readonly SafeFileHandle _root;
    string _path = "";
    SafeFileHandle _folder;

    /// <exception cref="EngineException"><see cref="ReasonCodesOfFiles.NoFolder"/>.</exception>
    public LinuxFolders(string root)
    {
        _root = LinuxFolderCalls.OpenFolder(root, out var error);
        _folder = _root;
        if (error != 0)
        {
            throw new EngineException(
                ReasonCodesOfFiles.NoFolder, root, "open the target folder", new System.ComponentModel.Win32Exception(error).Message + ".", "Name a folder that can be written.");
        }
    }

    /// <summary>The folder, which stays this object's, or null and errno.</summary>
    public SafeFileHandle? Open(string path, out int error)
    {
        error = 0;
        if (path == _path)
        {
            return _folder;
        }

        var isBelow = _path.Length > 0 && path.StartsWith(_path + "/", StringComparison.Ordinal);
        var opened = isBelow ? Walk(_folder, path[(_path.Length + 1)..], out error) : OpenAgain(path, out error);
        if (opened is not null)
        {
            Forget();
            (_path, _folder) = (path, opened);
        }

        return opened;
    }

    /// <summary>The folder as a handle of the caller's, or null and errno.</summary>
    public SafeFileHandle? OpenAgain(string path, out int error) => Walk(_root, path.Length == 0 ? "." : path, out error);

    public void Dispose()
    {
        Forget();
        _root.Dispose();
    }

    static SafeFileHandle? Walk(SafeFileHandle from, string path, out int error)
    {
        error = 0;
        var current = from;
        foreach (var part in path.Split('/'))
        {
            var next = LinuxFolderCalls.OpenFolder(current, GuestName.ToBytes(part), out error);
            if (current != from)
            {
                current.Dispose();
            }

            if (error != 0)
            {
                next.Dispose();
                return null;
            }

            current = next;
        }

        return current;
    }

    void Forget()
    {
        if (_folder != _root)
        {
            _folder.Dispose();
        }

        (_path, _folder) = ("", _root);
    }
}
