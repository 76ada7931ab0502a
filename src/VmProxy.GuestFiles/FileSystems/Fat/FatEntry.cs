namespace VmProxy.GuestFiles;

/// <summary>A directory entry of FAT. Its number is its place on the volume, in units of 32 bytes.</summary>
sealed class FatEntry : GuestEntry
{
    /// <summary>The first cluster of its content; 0 where there is none.</summary>
    public required uint FirstCluster { get; init; }

    /// <summary>The name of eight letters and three, by which it can be found, too.</summary>
    public string ShortName { get; init; } = "";
}
