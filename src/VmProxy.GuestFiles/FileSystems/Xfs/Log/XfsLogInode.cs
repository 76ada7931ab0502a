using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>
/// Inodes as the log has them: the same fields in the same places, but in the byte order of the machine, and roots of B+trees with the head of a whole block.
/// </summary>
static class XfsLogInode
{
    const ulong BigTime = 1 << 3;
    const ulong LargeCounters = 1 << 4;

    /// <summary>Writes a logged core over that on the disk. What the log does not own stays: the list of unlinked inodes and the checksum.</summary>
    public static void ToDisk(ReadOnlySpan<byte> core, Span<byte> inode, ulong moment)
    {
        var flags2 = core[4] >= 3 ? core.Little64(120) : 0;
        foreach (var at in (ReadOnlySpan<int>)[0, 2, 20, 22, 80, 88, 90])
        {
            Swap16(core, inode, at);
        }

        foreach (var at in (ReadOnlySpan<int>)[8, 12, 16, 72, 76, 84, 92])
        {
            Swap32(core, inode, at);
        }

        core.Slice(4, 2).CopyTo(inode[4..]);
        core.Slice(82, 2).CopyTo(inode[82..]);
        inode.Slice(6, 2).Clear();
        inode.Slice(24, 8).Clear();
        if ((flags2 & LargeCounters) != 0)
        {
            Swap64(core, inode, 24);
        }

        Swap64(core, inode, 56);
        Swap64(core, inode, 64);
        Time(core, inode, 32, flags2);
        Time(core, inode, 40, flags2);
        Time(core, inode, 48, flags2);
        if (core[4] < 3)
        {
            return;
        }

        Swap64(core, inode, 104);
        BinaryPrimitives.WriteUInt64BigEndian(inode[112..], moment);
        Swap64(core, inode, 120);
        Swap32(core, inode, 128);
        inode.Slice(132, 12).Clear();
        Time(core, inode, 144, flags2);
        Swap64(core, inode, 152);
        core.Slice(160, 16).CopyTo(inode[160..]);
    }

    /// <summary>Writes the root of a B+tree: level and count, then keys and pointers, each with the room that the fork gives.</summary>
    /// <exception cref="GuestFileException">It has more than has room.</exception>
    public static void RootToDisk(ReadOnlySpan<byte> block, int headerSize, Span<byte> fork)
    {
        var room = (fork.Length - 4) / 16;
        var loggedRoom = (block.Length - headerSize) / 16;
        var count = block.Length < headerSize ? int.MaxValue : block.U16(6);
        if (fork.Length < 4 || count > room || count > loggedRoom)
        {
            throw GuestFileException.Damaged("log", $"The log has the root of a tree with {count} branches where {Math.Min(room, loggedRoom)} have room.");
        }

        block.Slice(4, 4).CopyTo(fork);
        block.Slice(headerSize, count * 8).CopyTo(fork[4..]);
        block.Slice(headerSize + (loggedRoom * 8), count * 8).CopyTo(fork[(4 + (room * 8))..]);
    }

    static void Time(ReadOnlySpan<byte> core, Span<byte> inode, int at, ulong flags2)
    {
        if ((flags2 & BigTime) != 0)
        {
            Swap64(core, inode, at);
        }
        else
        {
            Swap32(core, inode, at);
            Swap32(core, inode, at + 4);
        }
    }

    static void Swap16(ReadOnlySpan<byte> from, Span<byte> to, int at) => BinaryPrimitives.WriteUInt16BigEndian(to[at..], from.Little16(at));

    static void Swap32(ReadOnlySpan<byte> from, Span<byte> to, int at) => BinaryPrimitives.WriteUInt32BigEndian(to[at..], from.Little32(at));

    static void Swap64(ReadOnlySpan<byte> from, Span<byte> to, int at) => BinaryPrimitives.WriteUInt64BigEndian(to[at..], from.Little64(at));
}
