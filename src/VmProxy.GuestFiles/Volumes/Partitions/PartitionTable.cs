namespace VmProxy.GuestFiles;

/// <summary>A partition table that was read.</summary>
/// <param name="Entries">The partitions in the order of their numbers, without extended and protective ones.</param>
/// <param name="Problems">What is wrong with the table.</param>
sealed record PartitionTable(IReadOnlyList<PartitionEntry> Entries, IReadOnlyList<GuestProblem> Problems)
{
    /// <summary>Partitions that are read of one table. Linux has 256 device numbers a disk; a table of more is damaged or made to do harm.</summary>
    public const int MaxEntries = 1024;
}
