using System.Runtime.InteropServices;

namespace VmProxy.Repository;

internal enum FileKind
{
    Regular,
    Folder,

    /// <summary>A link that leads to nothing, or in a circle.</summary>
    BrokenLink,

    /// <summary>A pipe, a socket, a device: opening one may block for good.</summary>
    Other,
}

/// <summary>What a name in a file system stands for.</summary>
internal readonly record struct FileLook(FileKind Kind, long Length, DateTimeOffset Modified);

/// <summary>
/// What .NET lacks: to look at a name so that "it is not there" and "it cannot be looked at" differ (File.Exists and Directory.Exists are false for
/// both), and so that pipes and sockets are known for what they are.
/// </summary>
internal static partial class PosixFile
{
    const int CurrentFolder = -100;
    const int NoFollow = 0x100;
    const uint TypeSizeAndModified = 1 | 2 | 0x200 | 0x40;
    const int NoEntry = 2;
    const int NotFolder = 20;
    const int TooManyLinks = 40;
    const int TypeMask = 0xF000;
    const int RegularType = 0x8000;
    const int FolderType = 0x4000;
    const int LinkType = 0xA000;

    /// <summary>Looks at what is there, through links; null only when the name is known not to exist.</summary>
    /// <exception cref="IOException">It cannot be looked at: no access, a device that fails, a server that lost the folder.</exception>
    /// <exception cref="UnauthorizedAccessException">As before, where the system calls are not at hand.</exception>
    public static FileLook? TryLook(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return TryLookPortable(path);
        }

        var look = TryStat(path, 0, out var error);
        if (error is NoEntry or NotFolder or TooManyLinks)
        {
            look = TryStat(path, NoFollow, out error); // a link may be there although it leads nowhere
        }

        return error is 0 or NoEntry or NotFolder ? look : throw PosixDirectory.Failure("look at", path, error);
    }

    /// <summary>Whether an error says that a folder is not there.</summary>
    public static bool IsMissingFolder(IOException error) => error is DirectoryNotFoundException || error.HResult == NotFolder;

    static FileLook? TryStat(string path, int flags, out int error)
    {
        error = Stat(CurrentFolder, path, flags, TypeSizeAndModified, out var found) == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (error != 0)
        {
            return null;
        }

        var kind = (found.Mode & TypeMask) switch
        {
            RegularType => FileKind.Regular,
            FolderType => FileKind.Folder,
            LinkType => FileKind.BrokenLink,
            _ => FileKind.Other,
        };

        // A file system may hold any time; it is advice here.
        var seconds = Math.Clamp(found.Seconds, 0, DateTimeOffset.MaxValue.ToUnixTimeSeconds() - 1);
        var modified = DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(found.Nanoseconds / 100);
        return new FileLook(kind, kind == FileKind.Regular ? (long)found.Size : 0, modified);
    }

    static FileLook? TryLookPortable(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return File.GetAttributes(path).HasFlag(FileAttributes.Directory)
                ? new FileLook(FileKind.Folder, 0, file.LastWriteTimeUtc)
                : new FileLook(FileKind.Regular, file.Length, file.LastWriteTimeUtc);
        }
        catch (IOException error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    // struct statx is the same on every architecture, which struct stat is not.
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(int folder, string path, int flags, uint mask, out StatBuffer found);

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct StatBuffer
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(112)]
        public long Seconds;

        [FieldOffset(120)]
        public uint Nanoseconds;
    }
}
