using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// Goes through the names of one directory block (or of a stretch inside an inode), without ".", ".." and what is not in use. Source: the kernel's documentation of ext4
/// (Linear (Classic) Directories).
/// </summary>
ref struct ExtDirectoryEntries(ReadOnlySpan<byte> block)
{
    const int HeaderBytes = 8;

    readonly ReadOnlySpan<byte> _block = block;
    int _next;

    public uint Inode { get; private set; }

    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>What is wrong with the entry at which the way ended, or null.</summary>
    public string? Problem { get; private set; }

    /// <summary>What is wrong with the current name alone, or null.</summary>
    public string? NameProblem { get; private set; }

    /// <summary>Moves to the next name; false at the end, or where the block is damaged.</summary>
    public bool MoveNext()
    {
        while (_next <= _block.Length - HeaderBytes)
        {
            var entry = _block[_next..];
            var length = LengthOf(BinaryPrimitives.ReadUInt16LittleEndian(entry[4..]), _block.Length);
            int nameLength = entry[6];
            Inode = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            if (length < HeaderBytes || length % 4 != 0 || length > entry.Length || (Inode != 0 && HeaderBytes + nameLength > length))
            {
                Problem = $"has an entry at byte {_next} of a directory block that is {length} bytes long with a name of {nameLength}";
                return false;
            }

            _next += length;
            if (Inode == 0)
            {
                continue;
            }

            Name = entry.Slice(HeaderBytes, nameLength);
            NameProblem = nameLength == 0 ? "has an entry without a name" : Name.IndexOfAny((byte)'/', (byte)0) >= 0 ? "has a name that holds a slash or a zero" : null;
            if (!Name.SequenceEqual("."u8) && !Name.SequenceEqual(".."u8))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The inode of a name in a block; 0 where it is not, or the block is damaged.</summary>
    public static uint Find(ReadOnlySpan<byte> block, ReadOnlySpan<byte> name)
    {
        var entries = new ExtDirectoryEntries(block);
        while (entries.MoveNext())
        {
            if (entries.Name.SequenceEqual(name))
            {
                return entries.Inode;
            }
        }

        return 0;
    }

    /// <summary>The length of an entry, whose lower two bits stand for the upper ones in blocks of 64 KiB and more.</summary>
    public static int LengthOf(ushort kept, int blockSize) =>
        blockSize < 64 * 1024 ? kept
        : kept is ushort.MaxValue or 0 ? blockSize
        : (kept & 0xFFFC) | ((kept & 3) << 16);
}
