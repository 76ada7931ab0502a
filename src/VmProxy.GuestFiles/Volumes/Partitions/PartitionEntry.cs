namespace VmProxy.GuestFiles;

/// <summary>A partition as a table has it, in bytes.</summary>
/// <param name="Number">As Linux counts.</param>
/// <param name="Offset">First byte on the disk; it may lie beyond the disk.</param>
/// <param name="Length">Bytes; they may reach beyond the disk.</param>
/// <param name="Type">What the table says that it is.</param>
sealed record PartitionEntry(int Number, long Offset, long Length, PartitionType Type)
{
    public string? Label { get; init; }

    public bool IsBootable { get; init; }

    /// <summary>The byte after the last.</summary>
    public long End => Offset + Length;
}
