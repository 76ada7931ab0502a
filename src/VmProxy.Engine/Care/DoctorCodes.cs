namespace VmProxy.Engine.Care;

/// <summary>Stable codes that only <c>doctor</c> has. A code is never renamed.</summary>
public static class DoctorCodes
{
    /// <summary>The folder in which hot-added disks appear does not exist.</summary>
    public const string DeviceFolderMissing = "HOTADD_DEVICE_FOLDER_MISSING";

    /// <summary>No host reaches the datastore.</summary>
    public const string DatastoreInaccessible = "DATASTORE_INACCESSIBLE";

    /// <summary>The staging folder that is configured does not exist.</summary>
    public const string StagingMissing = "STAGING_FOLDER_MISSING";
}
