namespace VmProxy.GuestFiles;

/// <summary>
/// Replays the log of a file system that was in use, in memory: the volume then reads as after a mount. A block is not copied but read from its place in the log. Where the log
/// is damaged, what comes before the damage is replayed and a finding says so; the kernel would refuse to mount.
/// </summary>
static class ExtRecovery
{
    /// <summary>The volume with its log replayed; the one that was given is disposed if it is another.</summary>
    public static async ValueTask<ExtVolume> ReplayAsync(ExtVolume volume, List<GuestProblem> findings, CancellationToken cancellationToken)
    {
        try
        {
            var (journal, blocks) = await OpenJournalAsync(volume, cancellationToken).ConfigureAwait(false);
            return journal.Start == 0 ? volume : await ReplayAsync(volume, journal, blocks, findings, cancellationToken).ConfigureAwait(false);
        }
        catch (GuestFileException exception)
        {
            findings.Add(NotReplayed(volume, exception.Message));
            return volume;
        }
        catch
        {
            await volume.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    static GuestProblem NotReplayed(ExtVolume volume, string why) =>
        new(GuestFileErrorCodes.LogNotReplayed, volume.Name, $"{volume.Name} was in use when it was taken, and its log was not replayed as a whole. {why}") { IsWarning = true };

    static async ValueTask<(JournalSuperblock, JournalBlocks)> OpenJournalAsync(ExtVolume volume, CancellationToken cancellationToken)
    {
        var superblock = volume.Superblock;
        if (superblock.JournalInode == 0)
        {
            throw GuestFileException.Unsupported(volume.Name, $"The journal of {volume.Name} lies on another device, which is not read.");
        }

        var inode = await JournalInodeAsync(volume, cancellationToken).ConfigureAwait(false);
        var size = inode.Size(false);
        if (inode.Kind != GuestEntryKind.File || size < superblock.BlockSize)
        {
            throw volume.Damaged($"inode {inode.Number}", "should be the journal and is none");
        }

        var blocks = new JournalBlocks(volume, new ExtMapCursor(ExtMap.Of(volume, inode, "journal"), "journal"), size);
        var bytes = new byte[JournalSuperblock.Bytes];
        await blocks.ReadAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        var journal = JournalSuperblock.Parse(bytes, superblock.BlockSize, Math.Min(blocks.Count, volume.Blocks), out var reason)
            ?? throw volume.Damaged("journal superblock", reason);
        return (journal, blocks);
    }

    /// <summary>The journal's inode; where it is damaged, the copy that the superblock keeps of its map and size.</summary>
    static async ValueTask<ExtInode> JournalInodeAsync(ExtVolume volume, CancellationToken cancellationToken)
    {
        var superblock = volume.Superblock;
        try
        {
            return await volume.Inodes.ReadAsync(superblock.JournalInode, cancellationToken).ConfigureAwait(false);
        }
        catch (GuestFileException) when (superblock.JournalCopy.ContainsAnyExcept((byte)0))
        {
            return CopyOfJournalInode(superblock);
        }
    }

    static ExtInode CopyOfJournalInode(ExtSuperblock superblock)
    {
        const int Mode = 0x0, SizeLow = 0x4, Flags = 0x20, Map = 0x28, SizeHigh = 0x6C, Size = 128;
        const ushort RegularFile = 0x8180;
        var copy = superblock.JournalCopy;
        var bytes = new byte[Size];
        BitConverter.TryWriteBytes(bytes.AsSpan(Mode), RegularFile);
        copy[..ExtInode.BlockBytes].CopyTo(bytes.AsSpan(Map));
        copy.Slice(ExtInode.BlockBytes, sizeof(uint)).CopyTo(bytes.AsSpan(SizeHigh));
        copy.Slice(ExtInode.BlockBytes + sizeof(uint), sizeof(uint)).CopyTo(bytes.AsSpan(SizeLow));
        BitConverter.TryWriteBytes(bytes.AsSpan(Flags), superblock.Incompatible.HasFlag(ExtIncompatible.Extents) ? (uint)ExtInodeFlags.Extents : 0);
        return new ExtInode(bytes, 0, Size, superblock.JournalInode);
    }

    static async ValueTask<ExtVolume> ReplayAsync(
        ExtVolume volume, JournalSuperblock journal, JournalBlocks blocks, List<GuestProblem> findings, CancellationToken cancellationToken)
    {
        var log = new JournalLog(journal, blocks, volume.Blocks);
        await log.ReadAsync(cancellationToken).ConfigureAwait(false);
        var patched = new PatchedBlockDevice(volume.Device, volume.Superblock.BlockSize);
        var (revoked, damage) = await PatchAsync(volume, journal, blocks, log, patched, cancellationToken).ConfigureAwait(false);
        damage ??= log.Damage;
        var replayed = await ReopenAsync(volume, patched, cancellationToken).ConfigureAwait(false);
        var fast = damage is null && journal.Features.HasFlag(JournalFeatures.FastCommit)
            ? await TakeFastCommitsAsync(replayed, journal, blocks, log.EndSequence, cancellationToken).ConfigureAwait(false)
            : default;
        if (log.Transactions > 0 || fast.Tags > 0)
        {
            var commits = fast.Tags == 0 ? "" : $" and {fast.Tags} changes of fast commits";
            findings.Add(new GuestProblem(
                GuestFileErrorCodes.LogReplayed, volume.Name,
                $"{volume.Name} was in use when it was taken; {log.Transactions} transactions of its log with {patched.Count} blocks ({revoked} revoked){commits} were replayed in memory.")
            { IsWarning = true });
        }

        if ((damage ?? fast.Damage) is { } what)
        {
            findings.Add(NotReplayed(volume, what));
        }

        await volume.DisposeAsync().ConfigureAwait(false);
        return replayed;
    }

    static async ValueTask<(int Tags, string? Damage)> TakeFastCommitsAsync(
        ExtVolume replayed, JournalSuperblock journal, JournalBlocks blocks, uint expected, CancellationToken cancellationToken)
    {
        try
        {
            return await FastCommitReplay.ApplyAsync(replayed, journal, blocks, expected, cancellationToken).ConfigureAwait(false);
        }
        catch (GuestFileException exception)
        {
            return (0, exception.Message);
        }
        catch
        {
            await replayed.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Leads the blocks that the log holds to their last sound version.</summary>
    static async ValueTask<(int Revoked, string? Damage)> PatchAsync(
        ExtVolume volume, JournalSuperblock journal, JournalBlocks blocks, JournalLog log, PatchedBlockDevice patched, CancellationToken cancellationToken)
    {
        var block = new byte[journal.BlockSize];
        var (revoked, damage) = (0, (string?)null);
        foreach (var tag in log.Tags)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (log.IsRevoked(tag))
            {
                revoked++;
                continue;
            }

            if (tag.Block < 0 || tag.Block >= volume.Superblock.BlockCount || (tag.Block + 1) * block.Length > volume.Device.Length)
            {
                damage ??= $"Its transaction {tag.Sequence} writes block {tag.Block}, which does not exist.";
                continue;
            }

            if (journal.HasBlockChecksums)
            {
                await blocks.ReadAsync(tag.Place, block, cancellationToken).ConfigureAwait(false);
                if (!IsSound(journal, tag, block))
                {
                    damage ??= $"In its transaction {tag.Sequence} the block {tag.Block} does not match its checksum.";
                    continue;
                }
            }

            var place = await blocks.PlaceAsync(tag.Place, cancellationToken).ConfigureAwait(false);
            patched.Redirect(tag.Block, place, tag.IsEscaped ? JournalSuperblock.Magic : null);
        }

        return (revoked, damage);
    }

    static bool IsSound(JournalSuperblock journal, JournalTag tag, byte[] block)
    {
        var crc = Crc32C.Continue(journal.ChecksumSeed, System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(tag.Sequence));
        crc = Crc32C.Continue(crc, block);
        return tag.Checksum == (journal.Features.HasFlag(JournalFeatures.Checksums3) ? crc : (ushort)crc);
    }

    /// <summary>The volume over the patched device. The superblock is read again, since the log may hold it; one that the log made unreadable is told.</summary>
    static async ValueTask<ExtVolume> ReopenAsync(ExtVolume volume, PatchedBlockDevice patched, CancellationToken cancellationToken)
    {
        var bytes = new byte[ExtSuperblock.Bytes];
        await patched.ReadAsync(ExtSuperblock.FirstOffset, bytes, cancellationToken).ConfigureAwait(false);
        var superblock = ExtSuperblock.Parse(bytes, out _) is { IsSound: true } parsed && parsed.BlockSize == volume.Superblock.BlockSize
            && ExtFeatures.NamesOfUnread(parsed.Incompatible).Length == 0 ? parsed : volume.Superblock;
        return await ExtVolume.OpenAsync(patched, superblock, volume.Name, cancellationToken).ConfigureAwait(false);
    }
}
