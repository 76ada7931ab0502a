using System.Runtime.InteropServices;

namespace VmProxy.Repository;

/// <summary>What .NET lacks: a sync of a folder, without which a rename may be lost with the power.</summary>
internal static partial class PosixDirectory
{
    const int CloseOnExec = 0x80000;
    const int Invalid = 22;
    const int Exists = 17;

    public static void Sync(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(folder, Flags, 0);
        if (descriptor < 0)
        {
            throw Failure("open", folder);
        }

        try
        {
            // Some network file systems cannot sync a folder and make renames durable by themselves.
            if (Fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() != Invalid)
            {
                throw Failure("sync", folder);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>Gives a file a second name; false when that name is taken.</summary>
    public static bool TryLink(string from, string to)
    {
        if (Link(from, to) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == Exists ? false : throw Failure("link", to);
    }

    // O_RDONLY | O_DIRECTORY | O_CLOEXEC; O_DIRECTORY is not the same number everywhere.
    static int Flags => CloseOnExec | (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000);

    public static IOException Failure(string step, string path, int error) =>
        new($"Could not {step} '{path}': {Marshal.GetPInvokeErrorMessage(error)}", error);

    static IOException Failure(string step, string path) => Failure(step, path, Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);
}
