namespace VmProxy.GuestFiles;

/// <summary>Where the bytes of one inode's content lie.</summary>
abstract class ExtMap(ExtVolume volume, string subject)
{
    /// <summary>Beyond any content.</summary>
    protected const long Infinity = long.MaxValue;

    protected ExtVolume Volume { get; } = volume;

    /// <summary>The file, as the subject of errors.</summary>
    protected string Subject { get; } = subject;

    protected int BlockSize => Volume.Superblock.BlockSize;

    /// <summary>The map of an inode, by extents or by blocks.</summary>
    public static ExtMap Of(ExtVolume volume, ExtInode inode, string subject)
    {
        var map = inode.Flags.HasFlag(ExtInodeFlags.Extents) ? new ExtentMap(volume, inode, subject) : (ExtMap)new BlockMap(volume, inode, subject);
        return volume.FastCommits?.ChangesOf(inode.Number) is { } changes ? new ChangedMap(volume, map, changes, subject) : map;
    }

    /// <summary>The part of the map that holds a byte.</summary>
    /// <exception cref="GuestFileException">The map is damaged there.</exception>
    public abstract ValueTask<ExtMapPart> PartAtAsync(long offset, CancellationToken cancellationToken);
}
