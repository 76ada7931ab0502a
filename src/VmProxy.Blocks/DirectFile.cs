using Microsoft.Win32.SafeHandles;
using VmProxy.Blocks.Files;

namespace VmProxy.Blocks;

/// <summary>Files that are written or read past the page cache.</summary>
public static class DirectFile
{
    /// <summary>
    /// A further handle of an existing file, for direct I/O: offsets, lengths and addresses must be multiples of
    /// <see cref="AlignedBufferPool.Alignment"/>. Null where the operating system or the file system offers none, or the file cannot be opened.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="access">To read it, or to read and write it.</param>
    public static SafeFileHandle? TryOpen(string path, FileAccess access)
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
        {
            return null;
        }

        var handle = LinuxCalls.Open(path, (access == FileAccess.Read ? LinuxCalls.ReadOnly : LinuxCalls.ReadWrite) | LinuxCalls.Direct, out var error);
        if (error == 0)
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }

    /// <summary>Whether a read or write failed because the file system does not do direct I/O after all: some accept the opening and refuse the call.</summary>
    public static bool IsRefusal(IOException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return (exception.HResult & 0xFFFF) is LinuxErrors.Invalid or LinuxErrors.NotSupported;
    }
}
