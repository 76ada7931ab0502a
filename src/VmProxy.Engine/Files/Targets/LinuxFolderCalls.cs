using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace VmProxy.Engine.Files.Targets;

/// <summary>
/// The system calls by which files are made relative to an open folder and without following any link. Names are bytes, as the guest has them. Each returns errno, 0 when
/// done. Constants are those of the 64-bit Linux ABI.
/// </summary>
[SupportedOSPlatform("linux")]
static partial class LinuxFolderCalls
{
    public const int NotFound = 2;
    public const int Exists = 17;
    public const int NotADirectory = 20;
    public const int InvalidArgument = 22;
    public const int TooManyLinks = 40;
    public const int NotSupported = 95;
    public const int NoSuchCall = 38;

    const int WriteOnly = 1;
    const int Create = 0x40;
    const int Exclusive = 0x80;
    const int CloseOnExec = 0x80000;
    const int NoFollowOfLinks = 0x100;
    const int EmptyPath = 0x1000;
    const int PathOnly = 0x200000;
    const int LinkKind = 0xA000;
    const int KindBits = 0xF000;
    const uint NoReplace = 1;

    // These two have values of their own on ARM.
    static int Directory => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    static int NoFollow => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>Opens a folder by its path; links in it are followed, since the administrator named it.</summary>
    public static SafeFileHandle OpenFolder(string path, out int error) => Handle(open(Bytes(path), Directory | CloseOnExec, 0), out error);

    /// <summary>Opens a folder in a folder, and nothing but a real one.</summary>
    public static SafeFileHandle OpenFolder(SafeFileHandle parent, byte[] name, out int error) =>
        Handle(openat(parent, Zero(name), Directory | NoFollow | CloseOnExec, 0), out error);

    /// <summary>Makes a file that does not exist yet, for writing, readable by nobody else.</summary>
    public static SafeFileHandle CreateFile(SafeFileHandle folder, byte[] name, out int error) =>
        Handle(openat(folder, Zero(name), WriteOnly | Create | Exclusive | NoFollow | CloseOnExec, 0b110_000_000), out error);

    public static int MakeFolder(SafeFileHandle parent, byte[] name) => Errno(mkdirat(parent, Zero(name), 0b111_000_000));

    public static int MakeLink(byte[] target, SafeFileHandle folder, byte[] name) => Errno(symlinkat(Zero(target), folder, Zero(name)));

    public static int MakeHardLink(SafeFileHandle from, byte[] fromName, SafeFileHandle to, byte[] toName) =>
        Errno(linkat(from, Zero(fromName), to, Zero(toName), 0));

    /// <summary>Gives a file its name; an existing one is kept unless <paramref name="replace"/>.</summary>
    public static int Rename(SafeFileHandle folder, byte[] from, byte[] to, bool replace) =>
        Errno(renameat2(folder, Zero(from), folder, Zero(to), replace ? 0 : NoReplace));

    public static int Remove(SafeFileHandle folder, byte[] name) => Errno(unlinkat(folder, Zero(name), 0));

    /// <summary>Opens a link itself, and nothing else.</summary>
    public static SafeFileHandle OpenLink(SafeFileHandle folder, byte[] name, out int error)
    {
        var link = Handle(openat(folder, Zero(name), PathOnly | NoFollow | CloseOnExec, 0), out error);
        error = error != 0 ? error : (Identify(link, out _) & KindBits) == LinkKind ? 0 : InvalidArgument;
        return link;
    }

    /// <summary>What an open file is, so that it is known again; returns its kind and mode, 0 when that cannot be told.</summary>
    public static int Identify(SafeFileHandle file, out FileIdentity identity)
    {
        // struct statx, which is alike on all machines: mode at 28, inode at 32, device at 136 and 140.
        Span<byte> facts = stackalloc byte[256];
        var isKnown = statx(file, [0], EmptyPath, 0x7FF, ref MemoryMarshal.GetReference(facts)) == 0;
        identity = isKnown ? new FileIdentity(MemoryMarshal.Read<ulong>(facts[136..]), MemoryMarshal.Read<ulong>(facts[32..])) : default;
        return isKnown ? MemoryMarshal.Read<ushort>(facts[28..]) : 0;
    }

    /// <summary>Whether something of a name is there, be it a link that leads to nowhere.</summary>
    public static bool IsThere(SafeFileHandle folder, byte[] name)
    {
        Span<byte> facts = stackalloc byte[256];
        return statx(folder, Zero(name), NoFollowOfLinks, 1, ref MemoryMarshal.GetReference(facts)) == 0;
    }

    public static int SetMode(SafeFileHandle file, int mode) => Errno(fchmod(file, (uint)mode));

    /// <summary>Owner and group of a link that was opened by <see cref="OpenLink"/>.</summary>
    public static int SetOwnerOfLink(SafeFileHandle link, uint owner, uint group) => Errno(fchownat(link, [0], owner, group, EmptyPath));

    public static int SetOwner(SafeFileHandle file, uint owner, uint group) => Errno(fchown(file, owner, group));

    public static int SetTimes(SafeFileHandle file, TimeSpec accessed, TimeSpec modified) => Errno(futimens(file, [accessed, modified]));

    /// <summary>Times of a link that was opened by <see cref="OpenLink"/>; kernels before 5.8 cannot.</summary>
    public static int SetTimesOfLink(SafeFileHandle link, TimeSpec accessed, TimeSpec modified) => Errno(utimensat(link, [0], [accessed, modified], EmptyPath));

    public static int SetAttribute(SafeFileHandle file, string name, ReadOnlyMemory<byte> value) =>
        Errno(fsetxattr(file, Bytes(name), value.ToArray(), (nuint)value.Length, 0));

    public static bool IsRoot() => geteuid() == 0;

    /// <summary>A moment as the kernel takes it; <see cref="Keep"/> leaves a time as it is.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly record struct TimeSpec(long Seconds, long Nanoseconds)
    {
        public static TimeSpec Keep => new(0, (1 << 30) - 2);
    }

    /// <summary>A file, whatever it is called.</summary>
    public readonly record struct FileIdentity(ulong Device, ulong Inode);

    static byte[] Bytes(string text) => Zero(Encoding.UTF8.GetBytes(text));

    static byte[] Zero(byte[] name) => [.. name, 0];

    static int Errno(int result) => result < 0 ? Marshal.GetLastPInvokeError() : 0;

    static SafeFileHandle Handle(int descriptor, out int error)
    {
        error = Errno(descriptor);
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte[] path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int openat(SafeFileHandle folder, byte[] name, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkdirat(SafeFileHandle folder, byte[] name, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int symlinkat(byte[] target, SafeFileHandle folder, byte[] name);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int linkat(SafeFileHandle from, byte[] fromName, SafeFileHandle to, byte[] toName, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int renameat2(SafeFileHandle from, byte[] fromName, SafeFileHandle to, byte[] toName, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlinkat(SafeFileHandle folder, byte[] name, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmod(SafeFileHandle file, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(SafeFileHandle file, uint owner, uint group);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchownat(SafeFileHandle folder, byte[] name, uint owner, uint group, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int futimens(SafeFileHandle file, TimeSpec[] times);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int utimensat(SafeFileHandle folder, byte[] name, TimeSpec[] times, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsetxattr(SafeFileHandle file, byte[] name, byte[] value, nuint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(SafeFileHandle folder, byte[] name, int flags, uint mask, ref byte facts);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
