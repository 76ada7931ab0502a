using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Files.Targets;

/// <summary>Tells what is wrong with the whole target from what it refuses of one file.</summary>
static class TargetFaults
{
    const int InputOutput = 5;
    const int NoSpace = 28;
    const int ReadOnly = 30;
    const int StaleHandle = 116;
    const int OverQuota = 122;

    /// <summary>Whether a folder refused a file, of which .NET has several exceptions: one too large for a file system is an <see cref="ArgumentOutOfRangeException"/>.</summary>
    public static bool IsOfTheTarget(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException && !ArchiveItems.IsReadFailure(exception);

    /// <summary>Whether nothing more can be written: the disk is full or broken, the quota is used up, or it went away.</summary>
    public static bool IsOfAll(Exception exception) => exception is IOException && IsOfAll(exception.HResult);

    /// <summary>The failure that ends the restore.</summary>
    public static EngineException Full(FileItem item, Exception cause) => new(
        new Failure(
            ReasonCodesOfFiles.NotWritten, SafeNames.Printable(item.Path), "write the file", cause.Message,
            "Look at the target folder and its free space, and run it again; what is whole there stays (--overwrite writes it anew)."),
        cause);

    // Windows: write-protected, I/O error, handle's disk full, disk full, over quota, as HRESULTs. Elsewhere .NET gives errno.
    static bool IsOfAll(int code) => OperatingSystem.IsWindows()
        ? (code & 0xFFFF) is 19 or 39 or 112 or 1117 or 1295
        : code is InputOutput or NoSpace or ReadOnly or StaleHandle or OverQuota;
}
