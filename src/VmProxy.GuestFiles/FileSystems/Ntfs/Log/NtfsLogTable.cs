using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>A table that a checkpoint wrote into the log: a head, and entries of one size, of which some are in use. Others name an entry by its offset in the table.</summary>
readonly ref struct NtfsLogTable
{
    const int Head = 0x18;
    const uint InUse = 0xFFFF_FFFF;

    readonly ReadOnlySpan<byte> _bytes;

    /// <summary>The table in the data of a log record.</summary>
    /// <exception cref="GuestFileException">It is damaged.</exception>
    public NtfsLogTable(ReadOnlySpan<byte> record)
    {
        var offset = record.Length < NtfsLogChange.Head ? record.Length : BinaryPrimitives.ReadUInt16LittleEndian(record[4..]);
        if (offset > record.Length - Head)
        {
            throw Damaged();
        }

        _bytes = record[offset..];
        EntryBytes = BinaryPrimitives.ReadUInt16LittleEndian(_bytes);
        Count = BinaryPrimitives.ReadUInt16LittleEndian(_bytes[2..]);
        if (Head + ((long)Count * EntryBytes) > _bytes.Length)
        {
            throw Damaged();
        }
    }

    /// <summary>Bytes of an entry.</summary>
    public int EntryBytes { get; }

    /// <summary>How many entries there are, in use or not.</summary>
    public int Count { get; }

    /// <summary>The entry of an index; empty for one that is not in use.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            var entry = _bytes.Slice(OffsetOf(index), EntryBytes);
            return EntryBytes >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(entry) == InUse ? entry : [];
        }
    }

    /// <summary>How others name the entry of an index.</summary>
    public int OffsetOf(int index) => Head + (index * EntryBytes);

    public static GuestFileException Damaged() => GuestFileException.Damaged("$LogFile", "A table of the last checkpoint in $LogFile is damaged, or of a form that is not known.");
}
