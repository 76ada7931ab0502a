namespace VmProxy.GuestFiles;

/// <summary>An entry of NTFS.</summary>
sealed class NtfsEntry : GuestEntry
{
    /// <summary>The file's record, and which of the files that used it this is.</summary>
    public required NtfsReference Reference { get; init; }

    /// <summary>The tag of its reparse point, or 0.</summary>
    public uint ReparseTag { get; init; }
}
