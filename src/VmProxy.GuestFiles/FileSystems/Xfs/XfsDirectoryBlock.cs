namespace VmProxy.GuestFiles;

/// <summary>The names inside of a directory's block, and those that a small directory keeps inside of its inode.</summary>
static class XfsDirectoryBlock
{
    const uint Block4 = 0x58443242;
    const uint Data4 = 0x58443244;
    const uint Block5 = 0x58444233;
    const uint Data5 = 0x58444433;
    const int Alignment = 8;
    const ushort FreeTag = 0xFFFF;

    /// <summary>Checks a block of names.</summary>
    /// <returns>What is wrong with it, as the end of a sentence, or null.</returns>
    public static string? DefectOf(ReadOnlySpan<byte> block, XfsSuperblock superblock, long offset, ulong owner) =>
        superblock.IsVersion5
            ? block.U32(0) is Block5 or Data5 ? XfsHeader.Directory.DefectOf(block, superblock, offset, owner) : "has no signature of names"
            : block.U32(0) is Block4 or Data4 ? null : "has no signature of names";

    /// <summary>Adds the names of a block that has no defect.</summary>
    /// <returns>What is wrong with one of them, or behind the last, as the end of a sentence, or null.</returns>
    public static string? Read(ReadOnlySpan<byte> block, XfsSuperblock superblock, List<XfsName> names)
    {
        var end = block.Length;
        if (block.U32(0) is Block4 or Block5)
        {
            // The index of a directory of one block lies at its end.
            var indexed = block.U32(end - 8);
            if (indexed > (uint)block.Length / 8)
            {
                return $"has an index of {indexed} entries";
            }

            end -= 8 + ((int)indexed * 8);
        }

        string? badName = null;
        for (var at = superblock.IsVersion5 ? 64 : 16; at < end;)
        {
            if (end - at < Alignment)
            {
                return $"has a rest at byte {at}";
            }

            if (block.U16(at) == FreeTag)
            {
                var free = block.U16(at + 2);
                if (free == 0 || free % Alignment != 0 || free > end - at)
                {
                    return $"has a gap of {free} bytes at byte {at}";
                }

                at += free;
                continue;
            }

            var size = SizeAt(block[..end], at, superblock);
            if (size < 0)
            {
                return $"has an entry at byte {at} that cannot be right";
            }

            badName = Add(names, block.Slice(at + 9, block[at + 8]), block.U64(at)) ?? badName;
            at += size;
        }

        return badName;
    }

    /// <summary>The entry at a byte of a block, or null when there can be none.</summary>
    public static bool TryEntryAt(ReadOnlySpan<byte> block, int at, XfsSuperblock superblock, out ReadOnlySpan<byte> name, out ulong inode)
    {
        name = default;
        inode = 0;
        if (at % Alignment != 0 || at < 16 || at > block.Length - Alignment || block.U16(at) == FreeTag || SizeAt(block, at, superblock) < 0)
        {
            return false;
        }

        name = block.Slice(at + 9, block[at + 8]);
        inode = block.U64(at);
        return true;
    }

    /// <summary>Adds the names of a directory that is kept inside of its inode.</summary>
    /// <returns>What is wrong with one of them, or behind the last, as the end of a sentence, or null.</returns>
    public static string? ReadShort(ReadOnlySpan<byte> bytes, XfsSuperblock superblock, List<XfsName> names)
    {
        if (bytes.Length < 6)
        {
            return "has no room for its head";
        }

        var width = bytes[1] != 0 ? 8 : 4;
        var count = bytes[1] != 0 ? Math.Max(bytes[0], bytes[1]) : bytes[0];
        var at = 2 + width;
        string? badName = null;
        for (var i = 0; i < count; i++)
        {
            var behind = superblock.HasFileTypes ? 1 : 0;
            if (at + 3 > bytes.Length || at + 3 + bytes[at] + behind + width > bytes.Length)
            {
                return $"says that it has {count} names, of which {i} have room";
            }

            var length = bytes[at];
            var inode = bytes[(at + 3 + length + behind)..];
            badName = Add(names, bytes.Slice(at + 3, length), width == 8 ? inode.U64(0) : inode.U32(0)) ?? badName;
            at += 3 + length + behind + width;
        }

        return badName;
    }

    static int SizeAt(ReadOnlySpan<byte> block, int at, XfsSuperblock superblock)
    {
        if (at > block.Length - 16)
        {
            return -1;
        }

        var size = 8 + 1 + block[at + 8] + (superblock.HasFileTypes ? 1 : 0) + 2;
        size = (size + Alignment - 1) / Alignment * Alignment;
        return size <= block.Length - at && block.U16(at + size - 2) == at ? size : -1;
    }

    static string? Add(List<XfsName> names, ReadOnlySpan<byte> name, ulong inode)
    {
        if (name.IsEmpty || name.ContainsAny((byte)0, (byte)'/'))
        {
            return $"has the name '{GuestName.FromBytes(name)}' for inode {inode}, which is none";
        }

        if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
        {
            names.Add(new XfsName(GuestName.FromBytes(name), inode));
        }

        return null;
    }
}
