using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VmProxy.GuestFiles;

/// <summary>The value of a file name attribute, which is also the key of a directory's index.</summary>
static class NtfsFileName
{
    const int Head = 66;
    const byte Long = 1;
    const byte Short = 2;

    /// <summary>Whether the name lies wholly in the value.</summary>
    public static bool IsSound(ReadOnlySpan<byte> value) => value.Length >= Head && value.Length >= Head + (value[64] * 2) && value[64] > 0;

    /// <summary>Whether it is the 8.3 name of a file that has a longer one.</summary>
    public static bool IsShort(ReadOnlySpan<byte> value) => value[65] == Short;

    /// <summary>Whether it is a name that has an 8.3 name beside it.</summary>
    public static bool HasShort(ReadOnlySpan<byte> value) => value[65] == Long;

    /// <summary>The directory that the name is in.</summary>
    public static NtfsReference Parent(ReadOnlySpan<byte> value) => new(BinaryPrimitives.ReadUInt64LittleEndian(value));

    /// <summary>The name in UTF-16.</summary>
    public static ReadOnlySpan<char> Name(ReadOnlySpan<byte> value) => MemoryMarshal.Cast<byte, char>(value.Slice(Head, value[64] * 2));
}
