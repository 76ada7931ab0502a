using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>Reads the superblock, or one of its copies, which begin every allocation group, when the first is damaged.</summary>
static class XfsSuperblockFinder
{
    const long MaxSearched = 4L << 30;
    const int Piece = 1024 * 1024;
    const int MaxGroupsTried = 64;

    /// <summary>The superblock, and what was found wrong with the first.</summary>
    /// <exception cref="GuestFileException">None can be used; it tells what is wrong with the first.</exception>
    public static async ValueTask<(XfsSuperblock Superblock, GuestProblem? Finding)> FindAsync(IBlockDevice volume, CancellationToken cancellationToken)
    {
        var first = await ReadAsync(volume, 0, cancellationToken).ConfigureAwait(false);
        GuestFileException failure;
        try
        {
            var superblock = XfsSuperblock.Parse(first, "superblock");
            if (superblock.IsInode(superblock.RootInode))
            {
                return (superblock, null);
            }

            failure = GuestFileException.Damaged("superblock", $"The superblock cannot be right: its root is inode {superblock.RootInode}.");
        }
        catch (GuestFileException exception) when (exception.Code == GuestFileErrorCodes.Damaged)
        {
            failure = exception;
        }

        return await FindCopyAsync(volume, first, cancellationToken).ConfigureAwait(false) is var (copy, group)
            ? (copy, new GuestProblem(GuestFileErrorCodes.CopyUsed, "superblock", $"{failure.Message} Its copy in allocation group {group} was used.") { IsWarning = true })
            : throw failure;
    }

    static async ValueTask<(XfsSuperblock Superblock, uint Group)?> FindCopyAsync(IBlockDevice volume, byte[] first, CancellationToken cancellationToken)
    {
        await foreach (var offset in PlacesAsync(volume, first, cancellationToken).ConfigureAwait(false))
        {
            if (await TryAsync(volume, offset, cancellationToken).ConfigureAwait(false) is not { } found)
            {
                continue;
            }

            // mkfs writes the root's number into some of the copies only: the last and the middle one.
            uint[] groups = [found.Group, found.Superblock.Groups - 1, found.Superblock.Groups / 2, .. Enumerable.Range(1, MaxGroupsTried).Select(group => (uint)group)];
            foreach (var group in groups.Where(group => group > 0 && group < found.Superblock.Groups))
            {
                var at = (long)group * found.Superblock.GroupBlocks << found.Superblock.BlockLog;
                if (await TryAsync(volume, at, cancellationToken).ConfigureAwait(false) is { } copy && copy.Superblock.IsInode(copy.Superblock.RootInode))
                {
                    return copy;
                }
            }
        }

        return null;
    }

    /// <summary>Where a copy could begin: where the damaged one says, where mkfs would have put it for the usual numbers of groups, and then anywhere.</summary>
    static async IAsyncEnumerable<long> PlacesAsync(
        IBlockDevice volume, byte[] first, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var tried = new HashSet<long> { 0 };
        if (first.Length >= 512 && tried.Add((long)first.U32(4) * first.U32(84)))
        {
            yield return (long)first.U32(4) * first.U32(84);
        }

        for (var size = 512; size <= 65536; size *= 2)
        {
            for (var groups = 2; groups <= MaxGroupsTried; groups++)
            {
                var blocks = volume.Length / size;
                var place = (blocks / groups + (blocks % groups == 0 ? 0 : 1)) * size;
                if (tried.Add(place))
                {
                    yield return place;
                }
            }
        }

        var buffer = new byte[Piece];
        for (long offset = 0; offset < Math.Min(volume.Length, MaxSearched); offset += Piece)
        {
            var part = buffer.AsMemory(0, (int)Math.Min(Piece, volume.Length - offset));
            await volume.ReadAsync(offset, part, cancellationToken).ConfigureAwait(false);
            for (var at = 0; at + 512 <= part.Length; at += 512)
            {
                if (part.Span[at..].StartsWith("XFSB"u8) && tried.Add(offset + at))
                {
                    yield return offset + at;
                }
            }
        }
    }

    static async ValueTask<(XfsSuperblock Superblock, uint Group)?> TryAsync(IBlockDevice volume, long offset, CancellationToken cancellationToken)
    {
        if (offset <= 0 || offset > volume.Length - 512)
        {
            return null;
        }

        try
        {
            var copy = XfsSuperblock.Parse(await ReadAsync(volume, offset, cancellationToken).ConfigureAwait(false), "copy of the superblock");
            var length = (long)copy.GroupBlocks << copy.BlockLog;
            return offset % length == 0 && offset / length < copy.Groups ? (copy, (uint)(offset / length)) : null;
        }
        catch (GuestFileException)
        {
            return null;
        }
    }

    static async ValueTask<byte[]> ReadAsync(IBlockDevice volume, long offset, CancellationToken cancellationToken)
    {
        var bytes = new byte[(int)Math.Min(XfsSuperblock.MaxSector, volume.Length - offset)];
        await volume.ReadAsync(offset, bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }
}
