using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>An MFT record: its head has been checked and its fixups have been applied.</summary>
sealed class NtfsRecord
{
    NtfsRecord(long number, byte[] bytes)
    {
        Number = number;
        Bytes = bytes;
    }

    public long Number { get; }

    public byte[] Bytes { get; }

    public ushort Sequence => SequenceOf(Bytes);

    public bool IsInUse => IsInUseOf(Bytes);

    public bool IsDirectory => IsDirectoryOf(Bytes);

    /// <summary>The record that this one belongs to, or 0 when it is a file's first.</summary>
    public NtfsReference Base => BaseOf(Bytes);

    public NtfsAttributes Attributes => new(Bytes);

    public static ushort SequenceOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt16LittleEndian(record[0x10..]);

    /// <summary>The record of the log that told the last change of this one.</summary>
    public static ulong LsnOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt64LittleEndian(record[0x08..]);

    public static bool IsInUseOf(ReadOnlySpan<byte> record) => (record[0x16] & 1) != 0;

    public static bool IsDirectoryOf(ReadOnlySpan<byte> record) => (record[0x16] & 2) != 0;

    public static NtfsReference BaseOf(ReadOnlySpan<byte> record) => new(BinaryPrimitives.ReadUInt64LittleEndian(record[0x20..]));

    public static bool HasSignature(ReadOnlySpan<byte> record) => record.StartsWith("FILE"u8);

    /// <summary>The record in the bytes, which it keeps, or null and what is wrong.</summary>
    public static NtfsRecord? TryParse(long number, byte[] bytes, out string wrong)
    {
        wrong = !HasSignature(bytes) ? "has no signature"
            : !NtfsFixups.TryApply(bytes) ? "was written in part only: its update sequence does not match"
            : "";
        return wrong.Length == 0 ? new NtfsRecord(number, bytes) : null;
    }

    /// <summary>An error that names this record.</summary>
    public GuestFileException Damaged(string message) => Damaged(Number, message);

    public static GuestFileException Damaged(long number, string message) =>
        GuestFileException.Damaged($"MFT record {number}", $"The MFT record {number} {message}.");
}
