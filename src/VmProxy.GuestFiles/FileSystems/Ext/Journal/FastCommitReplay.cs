using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// Takes the changes of fast commits, which lie behind the log and go on from its last transaction. Source: the kernel's documentation of ext4 (Fast Commits) and fs/ext4/fast_commit.h.
/// Unlike the log, its numbers are little-endian.
/// </summary>
static class FastCommitReplay
{
    /// <summary>Bytes that changes may take in memory, each with the inode that it may concern. The area of fast commits of a journal of 1 GiB has 16 MiB.</summary>
    const long MaxHeld = 256L << 20;

    const int TagBytes = 4;
    const int CommitTagBytes = 8;

    /// <summary>Applies what is valid.</summary>
    /// <returns>How many tags were applied, and what is wrong with the rest, or null.</returns>
    public static async ValueTask<(int Tags, string? Damage)> ApplyAsync(
        ExtVolume volume, JournalSuperblock journal, JournalBlocks blocks, uint expected, CancellationToken cancellationToken)
    {
        var (valid, pending) = (new List<Tag>(), new List<Tag>());
        var block = new byte[journal.BlockSize];
        var state = new Scan(expected, volume.Superblock.InodeSize);
        // The kernel leaves out the first block of the area.
        for (var number = journal.End + 1; number < journal.Length && state.GoesOn; number++)
        {
            await blocks.ReadAsync(number, block, cancellationToken).ConfigureAwait(false);
            if (number == journal.End + 1 && BinaryPrimitives.ReadUInt16LittleEndian(block) != (int)TagKind.Head)
            {
                break;
            }

            state.Take(block, valid, pending);
        }

        if (valid.Count == 0)
        {
            return (0, state.Damage);
        }

        var commits = new ExtFastCommits(volume);
        foreach (var tag in valid)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await ApplyAsync(commits, tag, cancellationToken).ConfigureAwait(false);
        }

        volume.FastCommits = commits;
        return (valid.Count, state.Damage ?? (commits.Skipped > 0 ? $"{commits.Skipped} changes of its fast commits could not be applied." : null));
    }

    static async ValueTask ApplyAsync(ExtFastCommits commits, Tag tag, CancellationToken cancellationToken)
    {
        try
        {
            switch (tag.Kind)
            {
                case TagKind.AddRange when tag.Value.Length >= 16:
                    await commits.AddRangeAsync(UInt32(tag, 0), tag.Value.AsMemory(4, 12), cancellationToken).ConfigureAwait(false);
                    break;
                case TagKind.RemoveRange when tag.Value.Length >= 12:
                    commits.RemoveRange(UInt32(tag, 0), UInt32(tag, 4), UInt32(tag, 8));
                    break;
                case TagKind.Create when tag.Value.Length > 8:
                    await commits.CreateAsync(UInt32(tag, 0), UInt32(tag, 4), NameOf(tag), cancellationToken).ConfigureAwait(false);
                    break;
                case TagKind.Link when tag.Value.Length > 8:
                    await commits.LinkAsync(UInt32(tag, 0), UInt32(tag, 4), NameOf(tag), cancellationToken).ConfigureAwait(false);
                    break;
                case TagKind.Unlink when tag.Value.Length > 8:
                    await commits.UnlinkAsync(UInt32(tag, 0), UInt32(tag, 4), NameOf(tag), cancellationToken).ConfigureAwait(false);
                    break;
                case TagKind.Inode when tag.Value.Length > 4:
                    await commits.ReplaceInodeAsync(UInt32(tag, 0), tag.Value.AsMemory(4), cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    break;
            }
        }
        catch (GuestFileException)
        {
            commits.Skipped++;
        }
    }

    static uint UInt32(Tag tag, int at) => BinaryPrimitives.ReadUInt32LittleEndian(tag.Value.AsSpan(at));

    static string NameOf(Tag tag) => GuestName.FromBytes(tag.Value.AsSpan(8)) is var name && !GuestName.IsUnsafe(name)
        ? name : throw GuestFileException.Damaged("fast commits", "The fast commits have a name that holds a slash or a zero, or is only dots.");

    enum TagKind
    {
        AddRange = 1,
        RemoveRange = 2,
        Create = 3,
        Link = 4,
        Unlink = 5,
        Inode = 6,
        Padding = 7,
        Tail = 8,
        Head = 9,
    }

    readonly record struct Tag(TagKind Kind, byte[] Value);

    /// <summary>Goes through the tags; what precedes a sound tail of the expected transaction is valid.</summary>
    sealed class Scan(uint expected, int inodeSize)
    {
        const int TagCost = 64;

        uint _crc;
        long _held;
        bool _isAny;

        public bool GoesOn { get; private set; } = true;

        public string? Damage { get; private set; }

        public void Take(ReadOnlySpan<byte> block, List<Tag> valid, List<Tag> pending)
        {
            for (var at = 0; GoesOn && at + TagBytes <= block.Length;)
            {
                var kind = (TagKind)BinaryPrimitives.ReadUInt16LittleEndian(block[at..]);
                int length = BinaryPrimitives.ReadUInt16LittleEndian(block[(at + 2)..]);
                if (kind is < TagKind.AddRange or > TagKind.Head || length > block.Length - at - TagBytes || (kind >= TagKind.Tail && length < CommitTagBytes))
                {
                    GoesOn = false;
                    return;
                }

                var value = block.Slice(at + TagBytes, length);
                switch (kind)
                {
                    case TagKind.Tail:
                        TakeTail(block.Slice(at, TagBytes + 4), value, valid, pending);
                        break;
                    case TagKind.Head when BinaryPrimitives.ReadUInt32LittleEndian(value) != 0:
                        (GoesOn, Damage) = (false, "Its fast commits have unknown features.");
                        break;
                    case TagKind.Head when BinaryPrimitives.ReadUInt32LittleEndian(value[4..]) != expected:
                        GoesOn = false;
                        break;
                    case TagKind when (_held += TagCost + inodeSize + length) > MaxHeld:
                        (GoesOn, Damage) = (false, $"Its fast commits hold more changes than {MaxHeld} bytes can keep.");
                        break;
                    default:
                        _crc = Crc32C.Continue(_crc, block.Slice(at, TagBytes + length));
                        pending.Add(new Tag(kind, value.ToArray()));
                        break;
                }

                at += TagBytes + length;
            }
        }

        void TakeTail(ReadOnlySpan<byte> summed, ReadOnlySpan<byte> value, List<Tag> valid, List<Tag> pending)
        {
            _crc = Crc32C.Continue(_crc, summed);
            if (BinaryPrimitives.ReadUInt32LittleEndian(value) == expected && BinaryPrimitives.ReadUInt32LittleEndian(value[4..]) == _crc)
            {
                valid.AddRange(pending.Where(tag => tag.Kind is not (TagKind.Padding or TagKind.Head)));
                (_isAny, _crc) = (true, 0);
                pending.Clear();
                return;
            }

            (GoesOn, Damage) = (false, _isAny ? null : "Its fast commits do not match their checksum.");
        }
    }
}
