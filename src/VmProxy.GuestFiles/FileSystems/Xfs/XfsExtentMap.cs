namespace VmProxy.GuestFiles;

/// <summary>
/// Where the blocks of a fork lie. Extents inside of the inode are read once; of a B+tree the last leaf is kept and the way to another is walked when it is needed, so that a map of any
/// size costs the same memory.
/// </summary>
sealed class XfsExtentMap
{
    // A root of the largest inode and blocks of 512 bytes need fewer levels for 2^54 blocks than this.
    const int MaxLevels = 20;
    const uint Magic4 = 0x424D4150;
    const uint Magic5 = 0x424D4133;

    readonly XfsVolume _volume;
    readonly XfsFork _fork;
    Leaf _leaf;

    /// <exception cref="GuestFileException">The fork is damaged.</exception>
    public XfsExtentMap(XfsVolume volume, XfsFork fork)
    {
        _volume = volume;
        _fork = fork;
        var inside = _fork.Bytes.Length / XfsExtent.Size;
        _leaf = _fork.Format switch
        {
            XfsForkFormat.Extents when _fork.Extents <= (ulong)inside =>
                new Leaf(0, MaxBlocks, XfsExtent.Parse(_fork.Bytes.Span, (int)_fork.Extents, volume.Superblock, _fork.Subject)),
            XfsForkFormat.Tree => new Leaf(0, 0, []),
            XfsForkFormat.Extents => throw Damaged($"has {_fork.Extents} extents where {inside} have room"),
            _ => throw Damaged($"has the form {(int)_fork.Format}, which has no extents"),
        };
    }

    /// <summary>One more than the last block that a fork can have and whose bytes can be counted.</summary>
    ulong MaxBlocks => Math.Min(1UL << 54, (ulong)(long.MaxValue >> _volume.Superblock.BlockLog));

    /// <summary>The extent that holds a block, or a hole that begins there and ends at the next extent at the latest.</summary>
    /// <exception cref="GuestFileException">The tree is damaged on the way to it.</exception>
    public async ValueTask<XfsExtent> FindAsync(ulong block, CancellationToken cancellationToken)
    {
        var leaf = Volatile.Read(ref _leaf);
        if (block < leaf.From || block >= leaf.To)
        {
            leaf = _fork.Format == XfsForkFormat.Tree ? await WalkAsync(block, cancellationToken).ConfigureAwait(false) : leaf;
            Volatile.Write(ref _leaf, leaf);
        }

        return XfsExtent.Find(leaf.Extents, block, leaf.To);
    }

    async ValueTask<Leaf> WalkAsync(ulong block, CancellationToken cancellationToken)
    {
        var (child, level, from, to) = FromRoot(block);
        var bytes = new byte[_volume.Superblock.BlockSize];
        while (true)
        {
            if (!_volume.Superblock.IsBlocks(child, 1))
            {
                throw Damaged($"points to block {child}");
            }

            var offset = _volume.Superblock.ByteOf(child);
            await _volume.ReadAsync(offset, bytes, _fork.Subject, cancellationToken).ConfigureAwait(false);
            var header = HeaderOf(bytes, offset, child, level);
            var records = bytes.AsSpan(header);
            var count = bytes.U16(6);
            if (level == 0)
            {
                return count * XfsExtent.Size > records.Length ? throw Damaged($"has {count} extents in block {child}")
                    : new Leaf(from, to, XfsExtent.Parse(records, count, _volume.Superblock, _fork.Subject));
            }

            (child, from, to) = Choose(records, records.Length / 16, count, block, from, to);
            level--;
        }
    }

    (ulong Child, int Level, ulong From, ulong To) FromRoot(ulong block)
    {
        var root = _fork.Bytes.Span;
        if (root.Length < 4 + 16)
        {
            throw Damaged("has no room for a root");
        }

        var (level, count) = (root.U16(0), root.U16(2));
        if (level is 0 or > MaxLevels)
        {
            throw Damaged($"has {level} levels");
        }

        var (child, from, to) = Choose(root[4..], (root.Length - 4) / 16, count, block, 0, MaxBlocks);
        return (child, level - 1, from, to);
    }

    /// <summary>The child that leads to a block, in a node of keys and then pointers, and the blocks that lie below it.</summary>
    (ulong Child, ulong From, ulong To) Choose(ReadOnlySpan<byte> node, int room, int count, ulong block, ulong from, ulong to)
    {
        if (count == 0 || count > room)
        {
            throw Damaged($"has {count} branches where {room} have room");
        }

        var (low, high) = (0, count);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            (low, high) = node.U64(middle * 8) <= block ? (middle, high) : (low, middle);
        }

        var first = low == 0 ? from : Math.Max(from, node.U64(low * 8));
        var next = low + 1 < count ? Math.Min(to, node.U64((low + 1) * 8)) : to;
        // Keys that are out of order must not let a search stand still.
        return (node.U64((room * 8) + (low * 8)), Math.Min(first, block), Math.Max(next, block + 1));
    }

    /// <summary>Checks a block of the tree and gives the bytes before its records.</summary>
    int HeaderOf(byte[] bytes, long offset, ulong block, int level)
    {
        var isVersion5 = _volume.Superblock.IsVersion5;
        var defect = bytes.U32(0) != (isVersion5 ? Magic5 : Magic4) ? "has no signature of one"
            : isVersion5 ? XfsHeader.Tree.DefectOf(bytes, _volume.Superblock, offset, _fork.Owner)
            : null;
        defect ??= bytes.U16(4) != level ? $"is of level {bytes.U16(4)} where {level} should be" : null;
        return defect is null ? isVersion5 ? 72 : 24 : throw Damaged($"leads to block {block}, which {defect}");
    }

    GuestFileException Damaged(string defect) => GuestFileException.Damaged(_fork.Subject, $"The map of extents of {_fork.Subject} {defect}.");

    sealed record Leaf(ulong From, ulong To, XfsExtent[] Extents);
}
