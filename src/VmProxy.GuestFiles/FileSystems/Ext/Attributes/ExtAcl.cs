using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>Turns an ACL from the form of ext4, whose entries leave out numbers that say nothing, into the form of Linux's getxattr. Source: the kernel's fs/ext4/acl.h and posix_acl_xattr.h.</summary>
static class ExtAcl
{
    const uint DiskVersion = 1;
    const uint LinuxVersion = 2;
    const int HeaderBytes = 4;
    const int ShortBytes = 4;
    const int LongBytes = 8;
    const ushort User = 0x2;
    const ushort Group = 0x8;

    /// <summary>The ACL, or null where it is of another form.</summary>
    public static byte[]? ToLinux(ReadOnlySpan<byte> disk)
    {
        if (disk.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(disk) != DiskVersion)
        {
            return null;
        }

        var bytes = new byte[HeaderBytes + (disk.Length / ShortBytes * LongBytes)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, LinuxVersion);
        var written = HeaderBytes;
        for (disk = disk[HeaderBytes..]; !disk.IsEmpty;)
        {
            if (disk.Length < ShortBytes)
            {
                return null;
            }

            var hasNumber = BinaryPrimitives.ReadUInt16LittleEndian(disk) is User or Group;
            if (hasNumber && disk.Length < LongBytes)
            {
                return null;
            }

            disk[..ShortBytes].CopyTo(bytes.AsSpan(written));
            BinaryPrimitives.WriteUInt32LittleEndian(
                bytes.AsSpan(written + ShortBytes), hasNumber ? BinaryPrimitives.ReadUInt32LittleEndian(disk[ShortBytes..]) : uint.MaxValue);
            written += LongBytes;
            disk = disk[(hasNumber ? LongBytes : ShortBytes)..];
        }

        return bytes[..written];
    }
}
