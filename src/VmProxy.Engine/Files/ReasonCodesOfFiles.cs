namespace VmProxy.Engine.Files;

/// <summary>Stable codes of what listing and restoring guest files refuses or leaves out. A code is never renamed.</summary>
public static class ReasonCodesOfFiles
{
    /// <summary>Something of the name is there already, and nobody said that it may be replaced.</summary>
    public const string Exists = "FILES_EXISTS";

    /// <summary>A name that could lead out of the target, or that the target cannot hold.</summary>
    public const string UnsafeName = "FILES_UNSAFE_NAME";

    /// <summary>The target cannot hold a name as it is, and holds it under another one.</summary>
    public const string Renamed = "FILES_RENAMED";

    /// <summary>A device node, pipe or socket: it holds no data and is not made anew.</summary>
    public const string Special = "FILES_SPECIAL";

    /// <summary>Named streams, which the target cannot hold.</summary>
    public const string StreamsLeftOut = "FILES_STREAMS_LEFT_OUT";

    /// <summary>Owner, times, mode or extended attributes that the target did not take.</summary>
    public const string AttributesLost = "FILES_ATTRIBUTES_LOST";

    /// <summary>The target refused a file.</summary>
    public const string NotWritten = "FILES_NOT_WRITTEN";

    /// <summary>The target folder cannot be used.</summary>
    public const string NoFolder = "FILES_NO_FOLDER";

    /// <summary>Two of the paths, or two entries of a damaged directory, would be restored under one name.</summary>
    public const string SameName = "FILES_SAME_NAME";

    /// <summary>The archive was given up in the middle of a file.</summary>
    public const string ArchiveBroken = "FILES_ARCHIVE_BROKEN";

    /// <summary>The disk image cannot be opened.</summary>
    public const string NoImage = "FILES_NO_IMAGE";
}
