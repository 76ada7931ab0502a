using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VmProxy.Repository;

/// <summary>
/// An exclusive lock between processes, held on a file that is made once and never removed (removing a lock file lets two hold "it" at once).
/// The kernel frees it when its holder dies. flock(2) also holds between NFS clients, where Linux maps it to a byte-range lock.
/// </summary>
internal sealed partial class PosixLock : IDisposable
{
    const int ReadWrite = 2;
    const int Create = 0x40;
    const int CloseOnExec = 0x80000;
    const int OwnerOnly = 0x180;
    const int ExclusiveNow = 2 | 4;
    const int WouldBlock = 11;
    const int Interrupted = 4;
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    readonly SafeFileHandle _file;

    PosixLock(SafeFileHandle file) => _file = file;

    /// <summary>Waits for the lock. It is only ever held for one small write, so looking again now and then is enough.</summary>
    public static async Task<PosixLock> AcquireAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryAcquire(path) is { } held)
            {
                return held;
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => _file.Dispose();

    static PosixLock? TryAcquire(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                return new PosixLock(File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException) when (File.Exists(path))
            {
                return null;
            }
        }

        var file = new SafeFileHandle(Open(path, ReadWrite | Create | CloseOnExec, OwnerOnly), ownsHandle: true);
        if (file.IsInvalid)
        {
            throw Failure("open", path);
        }

        if (Lock(file, ExclusiveNow) == 0)
        {
            return new PosixLock(file);
        }

        var failure = Failure("lock", path);
        file.Dispose();
        return failure.HResult is WouldBlock or Interrupted ? null : throw failure;
    }

    static IOException Failure(string step, string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"Could not {step} '{path}': {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Lock(SafeFileHandle file, int operation);
}
