using System.Runtime.InteropServices;

namespace VmProxy.Nbd.Listening;

/// <summary>What the file system says of a socket's name. .NET tells no socket from a file.</summary>
/// <param name="IsSocket">Whether it is a socket, and nothing else.</param>
/// <param name="Identity">Device and inode: the same name with another identity is another file.</param>
readonly partial record struct SocketFile(bool IsSocket, (ulong Device, ulong Inode) Identity)
{
    // statx(2); the structure is the same on all architectures.
    const int CurrentFolder = -100;
    const int NoFollow = 0x100;
    const uint TypeAndInode = 0x1 | 0x100;
    const int StructSize = 256;
    const int ModeAt = 28;
    const int InodeAt = 32;
    const int DeviceAt = 136;
    const int TypeMask = 0xF000;
    const int SocketType = 0xC000;

    /// <summary>Null where there is nothing of that name, or nothing that can be looked at. Links are not followed.</summary>
    public static SocketFile? Find(string path)
    {
        Span<byte> facts = stackalloc byte[StructSize];
        return statx(CurrentFolder, path, NoFollow, TypeAndInode, ref MemoryMarshal.GetReference(facts)) == 0
            ? new SocketFile(
                (BitConverter.ToUInt16(facts[ModeAt..]) & TypeMask) == SocketType,
                (BitConverter.ToUInt64(facts[DeviceAt..]), BitConverter.ToUInt64(facts[InodeAt..])))
            : null;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, ref byte facts);
}
