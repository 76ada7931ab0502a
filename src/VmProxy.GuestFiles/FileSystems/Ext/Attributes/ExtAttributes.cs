using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// The extended attributes of an inode: those in the inode, in its attribute block, and those whose values are inodes of their own. Source: the kernel's documentation of ext4
/// (Extended Attributes).
/// </summary>
static class ExtAttributes
{
    const uint Magic = 0xEA02_0000;
    const int BlockHeaderBytes = 32;
    const int BlockChecksum = 0x10;
    const int EntryBytes = 16;
    const int SystemNames = 7;

    /// <summary>The longest value that Linux lets an attribute have.</summary>
    const int MaxValue = 64 * 1024;

    static ReadOnlySpan<byte> DataName => "data"u8;

    /// <summary>All attributes that Linux shows.</summary>
    public static async ValueTask<IReadOnlyList<GuestAttribute>> ReadAsync(ExtVolume volume, ExtInode inode, CancellationToken cancellationToken)
    {
        var found = new List<GuestAttribute>();
        if (InInode(inode) is { IsEmpty: false } region)
        {
            await AddAsync(volume, inode, region, 0, region, found, cancellationToken).ConfigureAwait(false);
        }

        if (inode.AttributeBlock != 0)
        {
            var block = await ReadBlockAsync(volume, inode, cancellationToken).ConfigureAwait(false);
            await AddAsync(volume, inode, block, BlockHeaderBytes, block, found, cancellationToken).ConfigureAwait(false);
        }

        return found;
    }

    /// <summary>The part of inline data that does not fit into i_block; empty for none.</summary>
    public static ReadOnlyMemory<byte> InlineData(ExtVolume volume, ExtInode inode)
    {
        var region = InInode(inode);
        foreach (var entry in Entries(volume, inode, region, 0))
        {
            if (entry.Names == SystemNames && region.Span.Slice(entry.NameOffset, entry.NameLength).SequenceEqual(DataName) && entry.ValueInode == 0)
            {
                return Value(volume, inode, region, entry);
            }
        }

        return default;
    }

    /// <summary>The attributes' place behind the inode's fields, without the magic number; empty where there is none.</summary>
    static ReadOnlyMemory<byte> InInode(ExtInode inode)
    {
        var offset = inode.AttributesOffset;
        return offset >= 0 && BinaryPrimitives.ReadUInt32LittleEndian(inode.Span[offset..]) == Magic ? inode.Bytes[(offset + sizeof(uint))..] : default;
    }

    static async ValueTask<byte[]> ReadBlockAsync(ExtVolume volume, ExtInode inode, CancellationToken cancellationToken)
    {
        var subject = $"inode {inode.Number}";
        var number = inode.AttributeBlock;
        var block = await volume.ReadBlockAsync(number, subject, "attribute block", cancellationToken).ConfigureAwait(false);
        if (BinaryPrimitives.ReadUInt32LittleEndian(block) != Magic || BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(8)) != 1)
        {
            throw volume.Damaged(subject, $"has an attribute block, {number}, without its signature");
        }

        if (volume.Superblock.HasChecksums)
        {
            var crc = Crc32C.Continue(Crc32C.Continue(volume.Superblock.ChecksumSeed, (uint)number), (uint)(number >> 32));
            crc = Crc32C.ContinueZeros(Crc32C.Continue(crc, block.AsSpan(0, BlockChecksum)), sizeof(uint));
            crc = Crc32C.Continue(crc, block.AsSpan(BlockChecksum + sizeof(uint)));
            if (crc != BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(BlockChecksum)))
            {
                throw volume.Damaged(subject, $"has an attribute block, {number}, that does not match its checksum");
            }
        }

        return block;
    }

    static async ValueTask AddAsync(
        ExtVolume volume, ExtInode inode, ReadOnlyMemory<byte> region, int first, ReadOnlyMemory<byte> values, List<GuestAttribute> found, CancellationToken cancellationToken)
    {
        foreach (var entry in Entries(volume, inode, region, first))
        {
            var suffix = GuestName.FromBytes(region.Span.Slice(entry.NameOffset, entry.NameLength));
            if (NameOf(entry.Names, suffix) is not { } name)
            {
                continue;
            }

            var value = entry.ValueInode == 0 ? Value(volume, inode, values, entry)
                : await ReadValueInodeAsync(volume, inode, entry, name, cancellationToken).ConfigureAwait(false);
            found.Add(new GuestAttribute(name, IsAcl(entry.Names) ? ExtAcl.ToLinux(value.Span) ?? throw Damaged(volume, inode, $"an ACL, {name}, of an unknown form") : value.ToArray()));
        }
    }

    /// <summary>The name as Linux shows it; null for what it does not show, such as inline data and the keys of encryption.</summary>
    static string? NameOf(int names, string suffix) => names switch
    {
        1 => "user." + suffix,
        2 => "system.posix_acl_access",
        3 => "system.posix_acl_default",
        4 => "trusted." + suffix,
        6 => "security." + suffix,
        _ => null,
    };

    static bool IsAcl(int names) => names is 2 or 3;

    static List<Entry> Entries(ExtVolume volume, ExtInode inode, ReadOnlyMemory<byte> region, int first)
    {
        var entries = new List<Entry>();
        var span = region.Span;
        for (var at = first; at + sizeof(uint) <= span.Length && BinaryPrimitives.ReadUInt32LittleEndian(span[at..]) != 0;)
        {
            if (at + EntryBytes > span.Length || at + EntryBytes + span[at] > span.Length)
            {
                throw Damaged(volume, inode, $"an attribute at byte {at} that leaves its place");
            }

            entries.Add(new Entry(
                Names: span[at + 1],
                NameOffset: at + EntryBytes,
                NameLength: span[at],
                ValueOffset: BinaryPrimitives.ReadUInt16LittleEndian(span[(at + 2)..]),
                ValueInode: BinaryPrimitives.ReadUInt32LittleEndian(span[(at + 4)..]),
                ValueSize: BinaryPrimitives.ReadUInt32LittleEndian(span[(at + 8)..])));
            at += (EntryBytes + span[at] + 3) & ~3;
        }

        return entries;
    }

    static ReadOnlyMemory<byte> Value(ExtVolume volume, ExtInode inode, ReadOnlyMemory<byte> values, Entry entry) =>
        entry.ValueSize == 0 ? default
        : entry.ValueOffset + (long)entry.ValueSize <= values.Length ? values.Slice(entry.ValueOffset, (int)entry.ValueSize)
        : throw Damaged(volume, inode, $"an attribute of {entry.ValueSize} bytes that leaves its place");

    static async ValueTask<ReadOnlyMemory<byte>> ReadValueInodeAsync(ExtVolume volume, ExtInode inode, Entry entry, string name, CancellationToken cancellationToken)
    {
        var holder = await volume.Inodes.ReadAsync(entry.ValueInode, cancellationToken).ConfigureAwait(false);
        if (!holder.Flags.HasFlag(ExtInodeFlags.AttributeValue) || entry.ValueSize > MaxValue || holder.Size(false) < entry.ValueSize)
        {
            throw Damaged(volume, inode, $"an attribute, {name}, whose value is not in inode {entry.ValueInode}");
        }

        var value = new byte[entry.ValueSize];
        await using var content = ExtContents.Open(volume, holder);
        await content.ReadAsync(0, value, cancellationToken).ConfigureAwait(false);
        return value;
    }

    static GuestFileException Damaged(ExtVolume volume, ExtInode inode, string what) => volume.Damaged($"inode {inode.Number}", $"has {what}");

    readonly record struct Entry(int Names, int NameOffset, int NameLength, int ValueOffset, uint ValueInode, uint ValueSize);
}
