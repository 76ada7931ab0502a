using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>Access control lists: XFS keeps them in the way of IRIX, and Linux gives them as system.posix_acl_access and system.posix_acl_default (version 2 of that form).</summary>
static class XfsAcl
{
    const int EntrySize = 12;
    const int LinuxEntrySize = 8;
    const uint LinuxVersion = 2;
    const uint NoId = uint.MaxValue;
    const uint User = 0x02;
    const uint Group = 0x08;

    /// <summary>Linux's name of an attribute of the trusted space that holds a list, or null.</summary>
    public static string? NameOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("SGI_ACL_FILE"u8) ? "system.posix_acl_access"
        : name.SequenceEqual("SGI_ACL_DEFAULT"u8) ? "system.posix_acl_default"
        : null;

    /// <summary>The list in Linux's form, or null when it is damaged.</summary>
    public static byte[]? Convert(ReadOnlySpan<byte> list)
    {
        if (list.Length < 4 || list.U32(0) > (list.Length - 4) / EntrySize)
        {
            return null;
        }

        var count = (int)list.U32(0);
        var result = new byte[4 + (count * LinuxEntrySize)];
        BinaryPrimitives.WriteUInt32LittleEndian(result, LinuxVersion);
        for (var i = 0; i < count; i++)
        {
            var from = list.Slice(4 + (i * EntrySize), EntrySize);
            var to = result.AsSpan(4 + (i * LinuxEntrySize));
            var tag = from.U32(0);
            BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)tag);
            BinaryPrimitives.WriteUInt16LittleEndian(to[2..], from.U16(8));
            BinaryPrimitives.WriteUInt32LittleEndian(to[4..], tag is User or Group ? from.U32(4) : NoId);
        }

        return result;
    }
}
