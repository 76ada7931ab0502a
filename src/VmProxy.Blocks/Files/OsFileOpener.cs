using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace VmProxy.Blocks.Files;

/// <summary>Opens files and block devices: by system call on 64-bit Linux, by .NET elsewhere.</summary>
static class OsFileOpener
{
    public static OsFile OpenToRead(string path, FileCaching caching)
    {
        RefuseFolder(path);
        return UsesSystemCalls ? OpenLinux(path, LinuxCalls.ReadOnly, caching) : OpenPortable(path, FileAccess.Read);
    }

    public static OsFile OpenToWrite(string path)
    {
        RefuseFolder(path);
        return UsesSystemCalls
            ? OpenLinux(path, LinuxCalls.ReadWrite, FileCaching.Buffered)
            : OpenPortable(path, FileAccess.ReadWrite);
    }

    /// <summary>Creates a sparse file of the given length.</summary>
    public static OsFile Create(string path, long length, bool overwrite)
    {
        RefuseFolder(path);
        SafeFileHandle handle;
        if (UsesSystemCalls)
        {
            var flags = LinuxCalls.ReadWrite | LinuxCalls.Create | (overwrite ? LinuxCalls.Truncate : LinuxCalls.Exclusive);
            handle = OpenLinuxHandle(path, flags);
        }
        else
        {
            handle = OpenPortableHandle(path, overwrite ? FileMode.Create : FileMode.CreateNew, FileAccess.ReadWrite);
        }

        try
        {
            RandomAccess.SetLength(handle, length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            handle.Dispose();
            if (!overwrite)
            {
                RemoveUnusable(path);
            }

            // .NET reports a length beyond what the file system takes as an argument out of range.
            var cause = exception is ArgumentOutOfRangeException ? new IOException(exception.Message, LinuxErrors.FileTooLarge) : exception;
            throw OsFileErrors.Write(path, $"Making '{path}' {length} bytes long", cause);
        }

        var file = new OsFile(
            path, handle, length, sectorSize: 512, isBlockDevice: false, direct: false, BulkWriter.TryOpen(path));
        file.MarkCreated();
        return file;
    }

    [SupportedOSPlatformGuard("linux")]
    static bool UsesSystemCalls => OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    static void RemoveUnusable(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // An empty file stays; why it could not be used is what the caller needs to know.
        }
    }

    static void RefuseFolder(string path)
    {
        if (Directory.Exists(path))
        {
            throw OsFileErrors.NotADisk(path);
        }
    }

    [SupportedOSPlatform("linux")]
    static OsFile OpenLinux(string path, int flags, FileCaching caching)
    {
        var handle = OpenLinuxHandle(path, flags);
        var isBlockDevice = LinuxCalls.TryGetBlockDevice(handle, out var length, out var sectorSize);
        if (!isBlockDevice)
        {
            length = LinuxCalls.Seek(handle, 0, LinuxCalls.SeekEnd, out var error);
            if (error != 0)
            {
                handle.Dispose();
                throw OsFileErrors.NotADisk(path);
            }
        }

        if (caching == FileCaching.Direct || (caching == FileCaching.Automatic && isBlockDevice))
        {
            var direct = DirectFile.TryOpen(path, flags == LinuxCalls.ReadOnly ? FileAccess.Read : FileAccess.ReadWrite);
            if (direct is not null && CanReadDirectly(direct))
            {
                handle.Dispose();
                return new OsFile(path, direct, length, sectorSize, isBlockDevice, direct: true);
            }

            direct?.Dispose();
        }

        var bulk = flags == LinuxCalls.ReadOnly ? null : BulkWriter.TryOpen(path);
        return new OsFile(path, handle, length, sectorSize, isBlockDevice, direct: false, bulk);
    }

    /// <summary>Some file systems accept the flag and refuse the read.</summary>
    static bool CanReadDirectly(SafeFileHandle handle)
    {
        try
        {
            RandomAccess.Read(handle, new AlignedBuffer(AlignedBuffer.Alignment).Span, 0);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    [SupportedOSPlatform("linux")]
    static SafeFileHandle OpenLinuxHandle(string path, int flags)
    {
        var handle = LinuxCalls.Open(path, flags, out var error);
        if (error != 0)
        {
            handle.Dispose();
            throw OsFileErrors.Open(path, error, Marshal.GetPInvokeErrorMessage(error));
        }

        return handle;
    }

    /// <summary>How files are opened where the system calls are not at hand.</summary>
    internal static OsFile OpenPortable(string path, FileAccess access)
    {
        var handle = OpenPortableHandle(path, FileMode.Open, access);
        return new OsFile(path, handle, RandomAccess.GetLength(handle), sectorSize: 512, isBlockDevice: false, direct: false);
    }

    static SafeFileHandle OpenPortableHandle(string path, FileMode mode, FileAccess access)
    {
        try
        {
            return File.OpenHandle(path, mode, access, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw OsFileErrors.Open(path, exception);
        }
    }
}
