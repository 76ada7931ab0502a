namespace VmProxy.GuestFiles;

/// <summary>A FAT volume as its readers see it.</summary>
/// <param name="Name">How it is called in errors.</param>
/// <param name="Boot">Its boot sector.</param>
/// <param name="Heap">Its clusters.</param>
sealed record FatVolume(string Name, FatBoot Boot, ClusterHeap Heap)
{
    /// <summary>FAT allows a directory 2 MiB (65,536 slots); more is given, and all is bounded.</summary>
    public const long MaxDirectory = 16 * 1024 * 1024;
}
