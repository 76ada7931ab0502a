using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace VmProxy.Blocks.Files;

/// <summary>
/// The system calls that .NET does not offer: opening without the page cache, asking for holes, punching them. Constants are those of the
/// 64-bit Linux ABI.
/// </summary>
[SupportedOSPlatform("linux")]
static partial class LinuxCalls
{
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int Truncate = 0x200;

    public const int SeekEnd = 2;
    public const int SeekData = 3;
    public const int SeekHole = 4;

    const int CloseOnExec = 0x80000;
    const int KeepSizeAndPunchHole = 1 | 2;
    const nuint BlockDeviceSectorSize = 0x1268;
    const nuint BlockDeviceBytes = 0x80081272;

    /// <summary>O_DIRECT has a value of its own on ARM.</summary>
    public static int Direct { get; } = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    /// <summary>Opens a file; on failure the handle is invalid and <paramref name="error"/> holds errno.</summary>
    public static SafeFileHandle Open(string path, int flags, out int error)
    {
        const int OwnerReadsAndWrites = 0b110_000_000;
        int descriptor;
        do
        {
            descriptor = open(path, flags | CloseOnExec, OwnerReadsAndWrites);
            error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
        while (error == LinuxErrors.Interrupted);
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Moves to the end, the next data or the next hole; -1 and errno on failure.</summary>
    public static long Seek(SafeFileHandle file, long offset, int whence, out int error)
    {
        var position = lseek(file, offset, whence);
        error = position < 0 ? Marshal.GetLastPInvokeError() : 0;
        return position;
    }

    /// <summary>Frees a range, which then reads as zeros; returns errno, 0 when done.</summary>
    public static int PunchHole(SafeFileHandle file, long offset, long length)
    {
        int error;
        do
        {
            error = fallocate(file, KeepSizeAndPunchHole, offset, length) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        while (error == LinuxErrors.Interrupted);
        return error;
    }

    /// <summary>Makes everything in the file's file system durable; returns errno, 0 when done.</summary>
    public static int SyncFileSystem(SafeFileHandle file) => syncfs(file) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Size and logical sector size in bytes when the handle is a block device.</summary>
    public static bool TryGetBlockDevice(SafeFileHandle file, out long length, out int sectorSize)
    {
        sectorSize = 512;
        if (ioctl(file, BlockDeviceBytes, out length) != 0)
        {
            length = 0;
            return false;
        }

        if (ioctl(file, BlockDeviceSectorSize, out var size) == 0)
        {
            sectorSize = (int)(size & 0xFFFFFFFF);
        }

        return true;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle file, nuint request, out long value);
}
