namespace VmProxy.GuestFiles;

/// <summary>Makes entries of a directory's slots of 32 bytes, which FAT and exFAT have in common; what a slot says is the file system's business.</summary>
interface IDirectoryParser
{
    /// <summary>Whether the end of the directory was met: what lies behind it was never used.</summary>
    bool IsAtEnd { get; }

    /// <summary>Takes a slot in, and gives the entry that it completes, or null.</summary>
    /// <param name="slot">Its bytes.</param>
    /// <param name="place">Its place on the volume, in bytes.</param>
    /// <param name="problems">Where entries go that cannot be given.</param>
    GuestEntry? Next(ReadOnlySpan<byte> slot, long place, GuestProblems problems);
}
