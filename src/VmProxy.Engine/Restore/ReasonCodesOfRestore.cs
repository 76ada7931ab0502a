namespace VmProxy.Engine.Restore;

/// <summary>Stable codes of what a restore refuses. A code is never renamed.</summary>
public static class ReasonCodesOfRestore
{
    /// <summary>The point holds no such disk.</summary>
    public const string DiskUnknown = "RESTORE_DISK_UNKNOWN";

    /// <summary>The folder of the file does not exist.</summary>
    public const string NoFolder = "RESTORE_NO_FOLDER";

    /// <summary>The disk of the folder lacks room for what the file will hold.</summary>
    public const string NoRoom = "RESTORE_NO_ROOM";

    /// <summary>The name does not fit the format.</summary>
    public const string FileName = "RESTORE_FILE_NAME";
}
