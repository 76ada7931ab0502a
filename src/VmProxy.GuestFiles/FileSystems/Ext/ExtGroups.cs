using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// Where each group's inode table begins, from the group descriptors; all are checked when the file system is opened, and a damaged one is read from a copy. Source: the
/// kernel's documentation of ext4 (Block Group Descriptors).
/// </summary>
sealed class ExtGroups(ExtVolume volume)
{
    /// <summary>Groups of more than this (512 TiB in blocks of 4 KiB) are refused rather than kept in memory.</summary>
    const long MaxGroups = 4 * 1024 * 1024;

    const long Missing = -1;
    const int ChecksumOffset = 0x1E;
    const int CopiesTried = 4;

    long[] _tables = [];

    /// <summary>What was noticed when they were read.</summary>
    public List<GuestProblem> Findings { get; } = [];

    /// <summary>Where a group's inode table begins, in bytes.</summary>
    /// <exception cref="GuestFileException">The descriptor and its copies are damaged.</exception>
    public long TableOf(long group) =>
        group < 0 || group >= _tables.Length ? throw volume.Damaged($"group descriptor {group}", $"does not exist: there are {_tables.Length} groups")
        : _tables[group] == Missing ? throw volume.Damaged($"group descriptor {group}", "is damaged, and so are its copies")
        : _tables[group] * volume.Superblock.BlockSize;

    /// <summary>Whether <see cref="TableOf"/> knows it.</summary>
    public bool HasTableOf(long group) => group < _tables.Length && _tables[group] != Missing;

    /// <summary>Reads all descriptors.</summary>
    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        var superblock = volume.Superblock;
        var count = Math.Min(superblock.GroupCount, (superblock.InodeCount + (long)superblock.InodesPerGroup - 1) / superblock.InodesPerGroup);
        if (count > MaxGroups)
        {
            throw GuestFileException.Unsupported(volume.Name, $"The file system of {volume.Name} has {count} groups; at most {MaxGroups} are read.");
        }

        var perBlock = superblock.BlockSize / superblock.DescriptorSize;
        var tables = new List<long>();
        var bad = new List<long>();
        for (long index = 0; index * perBlock < count; index++)
        {
            var block = await TryReadAsync(FirstBlockOf(index), cancellationToken).ConfigureAwait(false)
                ?? throw volume.Damaged($"group descriptor {index * perBlock}", "would lie outside of the volume");
            List<byte[]>? copies = null;
            for (var group = index * perBlock; group < Math.Min(count, (index + 1) * perBlock); group++)
            {
                var table = TableIn(block, group);
                if (table == Missing)
                {
                    // Once for all descriptors of the block: where one is damaged, thousands may be.
                    copies ??= await ReadCopiesAsync(index, cancellationToken).ConfigureAwait(false);
                    table = copies.Select(copy => TableIn(copy, group)).FirstOrDefault(found => found != Missing, Missing);
                    bad.Add(group);
                }

                tables.Add(table);
            }
        }

        _tables = [.. tables];
        Tell(bad);
    }

    void Tell(List<long> bad)
    {
        var lost = bad.Where(group => _tables[group] == Missing).ToList();
        var saved = bad.Except(lost).ToList();
        if (saved.Count > 0)
        {
            Findings.Add(new GuestProblem(
                GuestFileErrorCodes.CopyUsed, volume.Name,
                $"The group descriptor {saved[0]} of {volume.Name} is damaged{Others(saved)}; the copy was read.") { IsWarning = true });
        }

        if (lost.Count > 0)
        {
            Findings.Add(new GuestProblem(
                GuestFileErrorCodes.Damaged, volume.Name,
                $"The group descriptor {lost[0]} of {volume.Name} and its copies are damaged{Others(lost)}: the inodes of the group cannot be read.") { IsWarning = true });
        }
    }

    static string Others(List<long> groups) => groups.Count == 1 ? "" : $", and {groups.Count - 1} more are";

    /// <summary>Where the descriptors' n-th block lies: after the first superblock, or, with meta_bg, at the begin of the groups that it describes.</summary>
    long FirstBlockOf(long index)
    {
        var superblock = volume.Superblock;
        if (!IsMeta(index))
        {
            return (ExtSuperblock.FirstOffset / superblock.BlockSize) + 1 + index;
        }

        var group = index * (superblock.BlockSize / superblock.DescriptorSize);
        // Blocks of 1 KiB with no boot block (bigalloc) have the superblock in block 1 all the same.
        var shift = superblock.BlockSize == 1024 && superblock.FirstDataBlock == 0 && index == 0 ? 1 : 0;
        return FirstBlockOfGroup(group) + (superblock.HasCopy(group) ? 1 : 0) + shift;
    }

    IEnumerable<long> CopiesOf(long index)
    {
        var superblock = volume.Superblock;
        if (IsMeta(index))
        {
            var perBlock = superblock.BlockSize / superblock.DescriptorSize;
            var first = index * perBlock;
            return new[] { first + 1, first + perBlock - 1 }.Select(group => FirstBlockOfGroup(group) + (superblock.HasCopy(group) ? 1 : 0));
        }

        return Copies(superblock.GroupCount, superblock).Select(group => FirstBlockOfGroup(group) + 1 + index);
    }

    static IEnumerable<long> Copies(long groups, ExtSuperblock superblock) =>
        superblock.Compatible.HasFlag(ExtCompatible.SparseSuper2)
            ? new long[] { superblock.SparseCopies.First, superblock.SparseCopies.Second }.Where(group => group > 0 && group < groups)
            : Enumerable.Range(1, 16).Select(group => (long)group).Where(group => group < groups && superblock.HasCopy(group)).Take(CopiesTried);

    bool IsMeta(long index) => volume.Superblock.Incompatible.HasFlag(ExtIncompatible.MetaGroups) && index >= volume.Superblock.FirstMetaGroup;

    long FirstBlockOfGroup(long group) => (group * volume.Superblock.BlocksPerGroup) + volume.Superblock.FirstDataBlock;

    async ValueTask<byte[]?> TryReadAsync(long block, CancellationToken cancellationToken)
    {
        var size = volume.Superblock.BlockSize;
        return block >= 0 && block < volume.Superblock.BlockCount && (block + 1) * size <= volume.Device.Length
            ? await volume.Reader.ReadAsync(block * size, size, "group descriptors", cancellationToken).ConfigureAwait(false)
            : null;
    }

    async ValueTask<List<byte[]>> ReadCopiesAsync(long index, CancellationToken cancellationToken)
    {
        var copies = new List<byte[]>(CopiesTried);
        foreach (var number in CopiesOf(index))
        {
            if (await TryReadAsync(number, cancellationToken).ConfigureAwait(false) is { } copy)
            {
                copies.Add(copy);
            }
        }

        return copies;
    }

    /// <summary>The first block of the group's inode table, or <see cref="Missing"/> where the descriptor cannot be right.</summary>
    long TableIn(byte[] block, long group)
    {
        var superblock = volume.Superblock;
        var size = superblock.DescriptorSize;
        var descriptor = block.AsSpan((int)(group % (block.Length / size)) * size, size);
        var table = BinaryPrimitives.ReadUInt32LittleEndian(descriptor[0x8..])
            | (size >= 64 ? (long)BinaryPrimitives.ReadUInt32LittleEndian(descriptor[0x28..]) << 32 : 0);
        var bytes = (long)superblock.InodesPerGroup * superblock.InodeSize;
        return table > 0 && table < superblock.BlockCount && table * superblock.BlockSize <= volume.Device.Length - bytes && IsSound(descriptor, group)
            ? table
            : Missing;
    }

    bool IsSound(ReadOnlySpan<byte> descriptor, long group)
    {
        var superblock = volume.Superblock;
        var kept = BinaryPrimitives.ReadUInt16LittleEndian(descriptor[ChecksumOffset..]);
        if (superblock.HasChecksums)
        {
            var crc = Crc32C.Continue(Crc32C.Continue(superblock.ChecksumSeed, (uint)group), descriptor[..ChecksumOffset]);
            crc = Crc32C.Continue(Crc32C.ContinueZeros(crc, sizeof(ushort)), descriptor[(ChecksumOffset + sizeof(ushort))..]);
            return (ushort)crc == kept;
        }

        if (!superblock.ReadOnlyCompatible.HasFlag(ExtReadOnlyCompatible.GroupChecksums))
        {
            return true;
        }

        Span<byte> number = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(number, (uint)group);
        var crc16 = ExtChecksum.Crc16(ExtChecksum.Crc16(ushort.MaxValue, superblock.Identity), number);
        crc16 = ExtChecksum.Crc16(crc16, descriptor[..ChecksumOffset]);
        return ExtChecksum.Crc16(crc16, descriptor[(ChecksumOffset + sizeof(ushort))..]) == kept;
    }
}
