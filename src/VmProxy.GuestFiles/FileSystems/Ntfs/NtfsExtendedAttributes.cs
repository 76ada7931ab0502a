using System.Buffers.Binary;
using System.Text;

namespace VmProxy.GuestFiles;

/// <summary>The extended attributes of OS/2 and WSL ($EA): a list of names and values.</summary>
static class NtfsExtendedAttributes
{
    /// <summary>Bytes that all of a file's extended attributes can have.</summary>
    public const int MaxBytes = 64 * 1024;

    const int Head = 8;

    /// <summary>The names, as they are on the disk, and the values. What is damaged ends the list.</summary>
    public static IReadOnlyList<GuestAttribute> Parse(ReadOnlySpan<byte> list)
    {
        var attributes = new List<GuestAttribute>();
        while (TryNext(ref list, out var name, out var value))
        {
            attributes.Add(new GuestAttribute(GuestName.FromBytes(name), value.ToArray()));
        }

        return attributes;
    }

    /// <summary>The device number that WSL keeps ($LXDEV): major in the low half, minor in the high.</summary>
    public static ulong? FindDevice(ReadOnlySpan<byte> list)
    {
        while (TryNext(ref list, out var name, out var value))
        {
            if (value.Length >= 8 && Ascii.EqualsIgnoreCase(name, "$LXDEV"u8))
            {
                return BinaryPrimitives.ReadUInt64LittleEndian(value);
            }
        }

        return null;
    }

    static bool TryNext(ref ReadOnlySpan<byte> list, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = value = default;
        if (list.Length < Head)
        {
            return false;
        }

        var next = BinaryPrimitives.ReadUInt32LittleEndian(list);
        var nameLength = list[5];
        var valueLength = BinaryPrimitives.ReadUInt16LittleEndian(list[6..]);
        if (list.Length < Head + nameLength + 1 + valueLength)
        {
            return false;
        }

        name = list.Slice(Head, nameLength);
        value = list.Slice(Head + nameLength + 1, valueLength);
        list = next < Head || next > list.Length ? default : list[(int)next..];
        return true;
    }
}
