namespace VmProxy.GuestFiles;

/// <summary>
/// The chains of records in extended partitions. Each record has a logical partition, whose start counts from the record, and a link to the next record, whose start counts
/// from the extended partition. As Linux does (block/partitions/msdos.c), all entries that are no link are partitions, and the first that is one is followed.
/// </summary>
sealed class ExtendedPartitions(GuestReader reader, string disk, int sectorSize, List<GuestProblem> problems)
{
    const int FirstNumber = 5;
    readonly HashSet<long> _seen = [];

    /// <summary>The logical partitions so far, numbered from 5.</summary>
    public List<PartitionEntry> Partitions { get; } = [];

    /// <summary>Follows the chain of one extended partition.</summary>
    public async ValueTask ReadAsync(MbrEntry extended, CancellationToken cancellationToken)
    {
        long origin = extended.Start;
        var end = origin + extended.Count;
        for (long? next = origin; next is { } record;)
        {
            if (!_seen.Add(record) || Partitions.Count >= PartitionTable.MaxEntries || _seen.Count > PartitionTable.MaxEntries)
            {
                Tell(record, "leads back to a record that was read already, or is too long: it ends here");
                return;
            }

            next = await ReadRecordAsync(record, origin, end, cancellationToken).ConfigureAwait(false);
        }
    }

    async ValueTask<long?> ReadRecordAsync(long record, long origin, long end, CancellationToken cancellationToken)
    {
        if (record < origin || record >= end || record > (reader.Device.Length / sectorSize) - 1)
        {
            Tell(record, "leaves the extended partition or the disk: what would follow is not known");
            return null;
        }

        var sector = await reader.ReadAsync(record * sectorSize, 512, "extended boot record", cancellationToken).ConfigureAwait(false);
        if (!MbrTable.HasMark(sector))
        {
            Tell(record, "has a record without the mark of one: what would follow is not known");
            return null;
        }

        var used = MbrTable.Entries(sector).Where(entry => entry.IsUsed).ToList();
        foreach (var entry in used.Where(entry => !MbrTypes.IsExtended(entry.Type) && (entry.Slot < 2 || record + entry.Start + entry.Count <= end)))
        {
            Partitions.Add(MbrTable.Partition(FirstNumber + Partitions.Count, entry, record, sectorSize));
        }

        var link = used.Find(entry => MbrTypes.IsExtended(entry.Type));
        return link.IsUsed ? origin + link.Start : null;
    }

    void Tell(long record, string what) => problems.Add(new GuestProblem(
        GuestFileErrorCodes.Damaged, disk, $"The chain of logical partitions on {disk} {what} (record at sector {record})."));
}
