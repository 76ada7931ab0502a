using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Files.Targets;

/// <summary>
/// The names that an archive has. Whoever unpacks it must get each item under a name of its own, and no folder may be a link: a damaged or forged file system can give one name twice. It keeps
/// 32 bytes for each, whatever their length.
/// </summary>
/// <param name="escape">Makes a path one that the archive can hold.</param>
/// <param name="mostBytes">The longest path, in bytes of UTF-8.</param>
/// <param name="ignoresCase">Whether names that differ in nothing but case are one, since they are where the archive may be unpacked; files of such names are then numbered.</param>
sealed class ArchiveNames(Func<string, string> escape, int mostBytes, bool ignoresCase)
{
    /// <summary>More than this many files of one name have no place: a guest could make millions, and each would be tried.</summary>
    const int MostOfOneName = 9;

    readonly HashSet<UInt128> _folders = [];
    readonly HashSet<UInt128> _others = [];

    /// <summary>Finds the name of an item and keeps it, or says why it has none. A name that differs from the guest's is told.</summary>
    /// <param name="item">What is to be put.</param>
    /// <param name="remarks">Hears of another name.</param>
    /// <param name="name">The name, without a slash at the end.</param>
    public Failure? Take(FileItem item, Action<Failure> remarks, out string name)
    {
        name = "";
        if (SafeNames.Refuse(item) is { } refusal)
        {
            return refusal;
        }

        name = escape(item.Path);
        var cut = name.LastIndexOf('/');
        if (cut >= 0 && !_folders.Contains(Key(name[..cut])))
        {
            return TargetAnswers.NotWritten(item, "What it lies in is no folder in the archive.");
        }

        if (!(item.Entry.Kind == GuestFiles.GuestEntryKind.Directory ? TakeFolder(name) : TakeOther(ref name)))
        {
            return TargetAnswers.SameName(item);
        }

        if (Encoding.UTF8.GetByteCount(name) >= mostBytes)
        {
            return SafeNames.Unsafe(item.Path, "The path is longer than the archive can hold.");
        }

        if (name != item.Path)
        {
            remarks(TargetAnswers.RenamedTo(item, name));
        }

        return null;
    }

    /// <summary>The name under which an item that was put before is in the archive.</summary>
    public string NameOf(string path) => escape(path);

    /// <summary>Two folders of one name are one when they are unpacked.</summary>
    bool TakeFolder(string name)
    {
        var key = Key(name);
        _folders.Add(key);
        return !_others.Contains(key) || !_folders.Remove(key);
    }

    bool TakeOther(ref string name)
    {
        var first = name;
        for (var number = 2; !TryTake(name); number++)
        {
            if (!ignoresCase || number > MostOfOneName)
            {
                return false;
            }

            var dot = first.LastIndexOf('.');
            dot = dot > first.LastIndexOf('/') + 1 ? dot : first.Length;
            name = $"{first[..dot]} ({number}){first[dot..]}";
        }

        return true;
    }

    bool TryTake(string name)
    {
        var key = Key(name);
        return !_folders.Contains(key) && _others.Add(key);
    }

    UInt128 Key(string name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes((ignoresCase ? name.ToUpperInvariant() : name).AsSpan()), hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }
}
