using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>The volume as the parsers of XFS see it: its superblock, metadata through a cache, and inodes through windows. It does not own the device.</summary>
sealed class XfsVolume(IBlockDevice device, XfsSuperblock superblock) : IAsyncDisposable
{
    readonly GuestReader _reader = new(device);
    readonly XfsInodeWindows _windows = new(device, superblock);

    public XfsSuperblock Superblock { get; } = superblock;

    /// <summary>The device that content is read from.</summary>
    public IBlockDevice Device => device;

    /// <summary>Reads metadata whose blocks <see cref="XfsSuperblock.IsBlocks"/>.</summary>
    public ValueTask ReadAsync(long offset, Memory<byte> buffer, string subject, CancellationToken cancellationToken) =>
        _reader.ReadAsync(offset, buffer, subject, cancellationToken);

    /// <summary>Reads an inode.</summary>
    /// <exception cref="GuestFileException">There is no such inode, or it is damaged.</exception>
    public async ValueTask<XfsInode> ReadInodeAsync(ulong number, CancellationToken cancellationToken)
    {
        if (!Superblock.IsInode(number))
        {
            throw NoInode(number);
        }

        var window = await _windows.LoadAsync(number, cancellationToken).ConfigureAwait(false);
        return XfsInode.TryParse(number, window, Superblock, out var inode) is { } defect ? throw Damaged(number, defect) : inode;
    }

    /// <summary>Brings the inodes of a part of a directory into the windows, many reads at a time. What cannot be read is told by who reads it.</summary>
    public ValueTask PrefetchInodesAsync(IReadOnlyList<XfsName> names, CancellationToken cancellationToken) => _windows.PrefetchAsync(names, cancellationToken);

    /// <summary>Reads an inode when that needs no waiting.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="inode">The inode, when it is read and sound.</param>
    /// <param name="problem">What is wrong with it.</param>
    /// <returns>Whether the inode or the problem is known.</returns>
    public bool TryReadInode(ulong number, out XfsInode inode, out GuestProblem? problem)
    {
        inode = default;
        problem = null;
        if (!Superblock.IsInode(number))
        {
            problem = NoInode(number).ToProblem();
            return true;
        }

        if (!_windows.TryGet(number, out var bytes))
        {
            return false;
        }

        if (XfsInode.TryParse(number, bytes, Superblock, out inode) is { } defect)
        {
            problem = Damaged(number, defect).ToProblem();
        }

        return true;
    }

    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    static GuestFileException NoInode(ulong number) => GuestFileException.Damaged($"inode {number}", $"There can be no inode {number} in this file system.");

    static GuestFileException Damaged(ulong number, string defect) => GuestFileException.Damaged($"inode {number}", $"The inode {number} {defect}.");
}
