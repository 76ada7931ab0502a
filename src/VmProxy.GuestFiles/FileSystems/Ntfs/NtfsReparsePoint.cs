using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VmProxy.GuestFiles;

/// <summary>The value of a reparse point (MS-FSCC 2.1.2): a tag, a length, and what the tag's owner keeps.</summary>
static class NtfsReparsePoint
{
    /// <summary>Bytes that a reparse point can have.</summary>
    public const int MaxBytes = 16 * 1024;

    const int Head = 8;
    const uint WofFileProvider = 2;

    /// <summary>The target of a link: the substitute name, which Windows follows, and not the one that it shows.</summary>
    /// <exception cref="GuestFileException">It is damaged.</exception>
    public static string Target(ReadOnlySpan<byte> value, string subject)
    {
        var data = Data(value, subject);
        var tag = BinaryPrimitives.ReadUInt32LittleEndian(value);
        if (tag == NtfsReparseTag.LinuxSymbolicLink)
        {
            return data.Length > 4 ? GuestName.FromBytes(data[4..]) : throw Damaged(subject);
        }

        // Offset and length of the substitute name, the same of the print name, and flags in symbolic links only.
        var names = tag == NtfsReparseTag.SymbolicLink ? 12 : 8;
        if (data.Length < names)
        {
            throw Damaged(subject);
        }

        var offset = names + BinaryPrimitives.ReadUInt16LittleEndian(data);
        var length = BinaryPrimitives.ReadUInt16LittleEndian(data[2..]);
        return offset + length > data.Length ? throw Damaged(subject) : MemoryMarshal.Cast<byte, char>(data.Slice(offset, length)).ToString();
    }

    /// <summary>How a file is compressed by WOF (WOF_EXTERNAL_INFO and FILE_PROVIDER_EXTERNAL_INFO_V1).</summary>
    /// <exception cref="GuestFileException">It is damaged, or its content lies elsewhere.</exception>
    public static WofAlgorithm Wof(ReadOnlySpan<byte> value, string subject)
    {
        var data = Data(value, subject);
        if (data.Length < 16)
        {
            throw Damaged(subject);
        }

        var provider = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
        var algorithm = BinaryPrimitives.ReadUInt32LittleEndian(data[12..]);
        return provider != WofFileProvider
            ? throw GuestFileException.Unsupported(subject, $"The content of {subject} lies in a WIM archive (WOF provider {provider}), which is not read.")
            : algorithm > (uint)WofAlgorithm.Xpress16K
            ? throw GuestFileException.Unsupported(subject, $"The content of {subject} is compressed by WOF with algorithm {algorithm}, which is not known.")
            : (WofAlgorithm)algorithm;
    }

    static ReadOnlySpan<byte> Data(ReadOnlySpan<byte> value, string subject) =>
        value.Length >= Head && BinaryPrimitives.ReadUInt16LittleEndian(value[4..]) is var length && length <= value.Length - Head
            ? value.Slice(Head, length)
            : throw Damaged(subject);

    static GuestFileException Damaged(string subject) => GuestFileException.Damaged(subject, $"The reparse point of {subject} is damaged.");
}
