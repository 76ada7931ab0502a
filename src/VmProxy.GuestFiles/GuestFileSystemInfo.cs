namespace VmProxy.GuestFiles;

/// <summary>What a file system says of itself.</summary>
/// <param name="Kind">Its name in lower case as Linux writes it: ext2, ext3, ext4, xfs, ntfs, vfat, exfat.</param>
/// <param name="Label">Its label; empty for none.</param>
/// <param name="Uuid">Its identity as blkid writes it; empty for none.</param>
/// <param name="Length">Bytes that it spans.</param>
/// <param name="BlockSize">Bytes of its unit of allocation.</param>
public sealed record GuestFileSystemInfo(string Kind, string Label, string Uuid, long Length, int BlockSize)
{
    /// <summary>Whether names that differ only in case are the same name.</summary>
    public bool IgnoresCase { get; init; }
}
