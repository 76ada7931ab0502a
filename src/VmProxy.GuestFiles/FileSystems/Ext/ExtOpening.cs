using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>How a file system is opened: its superblock or a copy of it, its features, its log.</summary>
static class ExtOpening
{
    const int LargestBlock = 64 * 1024;

    public static async ValueTask<ExtVolume> OpenAsync(IBlockDevice device, string name, List<GuestProblem> findings, CancellationToken cancellationToken)
    {
        var superblock = await FindSuperblockAsync(device, name, findings, cancellationToken).ConfigureAwait(false);
        var unread = ExtFeatures.NamesOfUnread(superblock.Incompatible);
        if (unread.Length > 0)
        {
            throw GuestFileException.Unsupported(name, $"The file system of {name} has features that are not read: {unread}.");
        }

        if (superblock.Length > device.Length)
        {
            findings.Add(new GuestProblem(
                GuestFileErrorCodes.Damaged, name, $"The file system of {name} spans {superblock.Length} bytes, and the volume has only {device.Length}.") { IsWarning = true });
        }

        var volume = await ExtVolume.OpenAsync(device, superblock, name, cancellationToken).ConfigureAwait(false);
        // A copy of the superblock does not say whether the log was in use: the log does.
        var isCopy = findings.Any(finding => finding.Code == GuestFileErrorCodes.CopyUsed);
        if (superblock.NeedsRecovery || (isCopy && superblock.Compatible.HasFlag(ExtCompatible.HasJournal)))
        {
            volume = await ExtRecovery.ReplayAsync(volume, findings, cancellationToken).ConfigureAwait(false);
        }

        findings.AddRange(volume.Groups.Findings);
        return volume;
    }

    /// <summary>The first superblock if it is sound, else a sound copy, else the first if it is at least credible.</summary>
    static async ValueTask<ExtSuperblock> FindSuperblockAsync(IBlockDevice device, string name, List<GuestProblem> findings, CancellationToken cancellationToken)
    {
        var (first, reason) = await ReadAsync(device, ExtSuperblock.FirstOffset, cancellationToken).ConfigureAwait(false);
        if (first is { IsSound: true })
        {
            return first;
        }

        reason = first is null ? reason : "does not match its checksum";
        foreach (var (offset, blockSize) in Copies(device.Length))
        {
            var (copy, _) = await ReadAsync(device, offset, cancellationToken).ConfigureAwait(false);
            // A copy knows the group that it lies in: the superblock of another file system inside of this one does not.
            if (copy is { IsSound: true } && copy.BlockSize == blockSize && copy.GroupOfCopy > 0
                && ((copy.GroupOfCopy * (long)copy.BlocksPerGroup) + copy.FirstDataBlock) * blockSize == offset)
            {
                findings.Add(new GuestProblem(
                    GuestFileErrorCodes.CopyUsed, name, $"The superblock of {name} {reason}; the copy at byte {offset} was read.") { IsWarning = true });
                return copy;
            }
        }

        if (first is null)
        {
            throw GuestFileException.Damaged(name, $"The superblock of {name} {reason}, and no copy of it was found.");
        }

        findings.Add(new GuestProblem(
            GuestFileErrorCodes.Damaged, name, $"The superblock of {name} {reason}, and no copy of it was found; what it says is credible and was used.") { IsWarning = true });
        return first;
    }

    /// <summary>Where copies lie unless mke2fs was told other sizes of groups: at the begin of groups 1, 3, 5, 7 and 9.</summary>
    static IEnumerable<(long Offset, int BlockSize)> Copies(long length) =>
        from blockSize in Enumerable.Range(10, 7).Select(shift => 1 << shift)
        from groupNumber in Enumerable.Range(0, 5).Select(index => (2 * index) + 1)
        let offset = ((groupNumber * 8L * blockSize) + (blockSize == 1024 ? 1 : 0)) * blockSize
        where blockSize <= LargestBlock && offset + ExtSuperblock.Bytes <= length
        select (offset, blockSize);

    static async ValueTask<(ExtSuperblock? Superblock, string Reason)> ReadAsync(IBlockDevice device, long offset, CancellationToken cancellationToken)
    {
        if (device.Length < offset + ExtSuperblock.Bytes)
        {
            return (null, "lies beyond the volume's end");
        }

        var bytes = new byte[ExtSuperblock.Bytes];
        await device.ReadAsync(offset, bytes, cancellationToken).ConfigureAwait(false);
        return (ExtSuperblock.Parse(bytes, out var reason), reason);
    }
}
