using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>
/// Inodes are read in windows of 64 KiB, since those of one directory lie together, and handed out without a copy. A fixed number of windows is kept, each in the one
/// place that its number gives it; a window never changes, so that many threads need no lock.
/// </summary>
sealed class XfsInodeWindows(IBlockDevice device, XfsSuperblock superblock)
{
    const int WindowSize = 64 * 1024;
    const int Places = 128;
    const int MaxPrefetched = Places / 2;

    readonly Window?[] _windows = new Window?[Places];

    public bool TryGet(ulong inode, out ReadOnlyMemory<byte> bytes)
    {
        var offset = superblock.ByteOfInode(inode);
        var index = offset / WindowSize;
        var window = Volatile.Read(ref _windows[index % Places]);
        if (window?.Index != index)
        {
            bytes = default;
            return false;
        }

        bytes = Slice(window, offset, inode);
        return true;
    }

    /// <exception cref="GuestFileException">It lies outside of the volume.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> LoadAsync(ulong inode, CancellationToken cancellationToken)
    {
        if (TryGet(inode, out var bytes))
        {
            return bytes;
        }

        var offset = superblock.ByteOfInode(inode);
        return Slice(await LoadWindowAsync(offset / WindowSize, cancellationToken).ConfigureAwait(false), offset, inode);
    }

    public async ValueTask PrefetchAsync(IReadOnlyList<XfsName> names, CancellationToken cancellationToken)
    {
        HashSet<long>? missing = null;
        long last = -1;
        for (var i = 0; i < names.Count && !(missing?.Count >= MaxPrefetched); i++)
        {
            if (!superblock.IsInode(names[i].Inode))
            {
                continue;
            }

            var index = superblock.ByteOfInode(names[i].Inode) / WindowSize;
            if (index != last && Volatile.Read(ref _windows[index % Places])?.Index != index)
            {
                (missing ??= []).Add(index);
            }

            last = index;
        }

        if (missing is { Count: > 1 })
        {
            // The device decides how many of them really run at a time.
            await Task.WhenAll(missing.Select(index => LoadQuietlyAsync(index, cancellationToken))).ConfigureAwait(false);
        }
    }

    async Task LoadQuietlyAsync(long index, CancellationToken cancellationToken)
    {
        try
        {
            await LoadWindowAsync(index, cancellationToken).ConfigureAwait(false);
        }
        catch (BlockDeviceException)
        {
            // Whoever needs one of its inodes reads it again, and is told.
        }
    }

    async ValueTask<Window> LoadWindowAsync(long index, CancellationToken cancellationToken)
    {
        var length = (int)Math.Clamp(device.Length - (index * WindowSize), 0, WindowSize);
        var bytes = new byte[length];
        if (length > 0)
        {
            await device.ReadAsync(index * WindowSize, bytes, cancellationToken).ConfigureAwait(false);
        }

        var window = new Window(index, bytes);
        Volatile.Write(ref _windows[index % Places], window);
        return window;
    }

    ReadOnlyMemory<byte> Slice(Window window, long offset, ulong inode)
    {
        var inside = (int)(offset % WindowSize);
        return inside > window.Bytes.Length - superblock.InodeSize
            ? throw GuestFileException.Damaged($"inode {inode}", $"The inode {inode} would lie at byte {offset}, outside of the volume's {device.Length} bytes.")
            : window.Bytes.AsMemory(inside, superblock.InodeSize);
    }

    sealed record Window(long Index, byte[] Bytes);
}
