namespace VmProxy.Blocks;

/// <summary>Whether reads of a file go through the operating system's page cache.</summary>
public enum FileCaching
{
    /// <summary>Block devices are read directly, regular files through the cache.</summary>
    Automatic,

    /// <summary>Past the cache where the file system allows it, else through it.</summary>
    Direct,

    /// <summary>Through the cache.</summary>
    Buffered,
}
