namespace VmProxy.Engine.Guard;

/// <summary>The room on the disk that a folder lies on.</summary>
/// <param name="CapacityBytes">Its size.</param>
/// <param name="FreeBytes">What this user may still write.</param>
readonly record struct FolderSpace(long CapacityBytes, long FreeBytes)
{
    /// <summary>Asks the operating system; null when it does not tell.</summary>
    public static FolderSpace? Of(string folder)
    {
        try
        {
            var drive = new DriveInfo(folder);
            return new FolderSpace(drive.TotalSize, drive.AvailableFreeSpace);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
