using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>An attribute that was open, so that log records can name it.</summary>
/// <param name="File">The file that has it.</param>
/// <param name="Type">Its type.</param>
/// <param name="OpenedLsn">The record that opened it: what is older means another one.</param>
readonly record struct NtfsLogAttribute(NtfsReference File, uint Type, ulong OpenedLsn)
{
    const int Bytes = 0x28;
    const int BytesOf32Bits = 0x2C;

    /// <summary>Whether it is the MFT itself.</summary>
    public bool IsMft => File.Record == 0 && Type == NtfsAttributeType.Data;

    /// <summary>Reads an entry of the table, whose size tells its form, or null for one that is not known.</summary>
    public static NtfsLogAttribute? Parse(ReadOnlySpan<byte> entry) => entry.Length switch
    {
        Bytes => Parse(entry, file: 0x10, type: 0x08, lsn: 0x18),
        BytesOf32Bits => Parse(entry, file: 0x08, type: 0x1C, lsn: 0x10),
        _ => null,
    };

    static NtfsLogAttribute Parse(ReadOnlySpan<byte> entry, int file, int type, int lsn) => new(
        new NtfsReference(BinaryPrimitives.ReadUInt64LittleEndian(entry[file..])),
        BinaryPrimitives.ReadUInt32LittleEndian(entry[type..]),
        BinaryPrimitives.ReadUInt64LittleEndian(entry[lsn..]));
}
