namespace VmProxy.GuestFiles;

/// <summary>The files that NTFS keeps its own structures in, by their records' numbers.</summary>
static class NtfsMetafiles
{
    public const long LogFile = 2;
    public const long Volume = 3;
    public const long Root = 5;
    public const long UpCase = 10;

    /// <summary>The first record that can be a user's file.</summary>
    public const long FirstUser = 16;

    /// <summary>Whether a name is left out of listings: metafiles lie in the root, as does the root itself (".").</summary>
    public static bool IsHidden(long directory, long record) => directory == Root && record < FirstUser;
}
