namespace VmProxy.GuestFiles;

/// <summary>A file or directory of exFAT. Its number is the place of its first directory entry on the volume, in units of 32 bytes.</summary>
sealed class ExFatEntry : GuestEntry
{
    /// <summary>The first cluster; 0 where there is none.</summary>
    public required uint FirstCluster { get; init; }

    /// <summary>Bytes of its clusters; of a directory, too.</summary>
    public required long DataLength { get; init; }

    /// <summary>Bytes that were written; behind them are zeros.</summary>
    public required long ValidLength { get; init; }

    /// <summary>Whether its clusters follow each other, without links in the table.</summary>
    public required bool IsContiguous { get; init; }
}
