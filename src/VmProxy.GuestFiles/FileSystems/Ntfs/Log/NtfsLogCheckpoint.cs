using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// The last checkpoint: which attributes were open, and the first record that a recovery would do again or undo. That is the oldest that a page in memory, a transaction under way, or the checkpoint's own
/// beginning asks for.
/// </summary>
sealed record NtfsLogCheckpoint(ulong FirstLsn, Dictionary<int, NtfsLogAttribute> Attributes)
{
    const int Bytes = 0x40;

    /// <summary>Reads it.</summary>
    /// <exception cref="GuestFileException">There is none, or it is damaged.</exception>
    public static async ValueTask<NtfsLogCheckpoint> ReadAsync(NtfsLogRecords records, ulong lsn, CancellationToken cancellationToken)
    {
        if (lsn == 0 || !await records.ReadAsync(lsn, cancellationToken).ConfigureAwait(false) || !records.IsCheckpoint || records.Data.Length < Bytes)
        {
            throw GuestFileException.Damaged("$LogFile", "The last checkpoint in $LogFile is missing or damaged.");
        }

        // The records of its tables take the place of this one.
        var area = records.Data.Span[..Bytes].ToArray();
        var first = LsnAt(area, 0x08) is not 0 and var begun ? begun : lsn;
        var attributes = new Dictionary<int, NtfsLogAttribute>();
        if (await HasTableAsync(0x10, 0x30).ConfigureAwait(false))
        {
            AddAttributes(new NtfsLogTable(records.Data.Span), attributes);
        }

        if (await HasTableAsync(0x20, 0x38).ConfigureAwait(false))
        {
            // Systems of 32 bits kept a number before it.
            first = Math.Min(first, Oldest(new NtfsLogTable(records.Data.Span), BinaryPrimitives.ReadUInt32LittleEndian(area) == 0 ? 0x1C : 0x18));
        }

        if (await HasTableAsync(0x28, 0x3C).ConfigureAwait(false))
        {
            first = Math.Min(first, Oldest(new NtfsLogTable(records.Data.Span), 0x08));
        }

        return new NtfsLogCheckpoint(first, attributes);

        async ValueTask<bool> HasTableAsync(int at, int lengthAt) => BinaryPrimitives.ReadUInt32LittleEndian(area.AsSpan(lengthAt)) != 0
            && (await records.ReadAsync(LsnAt(area, at), cancellationToken).ConfigureAwait(false) ? true : throw NtfsLogTable.Damaged());
    }

    static void AddAttributes(NtfsLogTable table, Dictionary<int, NtfsLogAttribute> attributes)
    {
        for (var index = 0; index < table.Count; index++)
        {
            if (table[index] is { IsEmpty: false } entry)
            {
                attributes[table.OffsetOf(index)] = NtfsLogAttribute.Parse(entry) ?? throw NtfsLogTable.Damaged();
            }
        }
    }

    /// <summary>The oldest LSN that an entry has at an offset; the largest number when none has one.</summary>
    static ulong Oldest(NtfsLogTable table, int offset)
    {
        var oldest = ulong.MaxValue;
        for (var index = 0; index < table.Count; index++)
        {
            if (table[index] is { IsEmpty: false } entry)
            {
                var lsn = entry.Length >= offset + 8 ? LsnAt(entry, offset) : throw NtfsLogTable.Damaged();
                oldest = lsn == 0 ? oldest : Math.Min(oldest, lsn);
            }
        }

        return oldest;
    }

    static ulong LsnAt(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);
}
