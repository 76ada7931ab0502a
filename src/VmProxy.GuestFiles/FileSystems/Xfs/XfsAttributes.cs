namespace VmProxy.GuestFiles;

/// <summary>Reads extended attributes: inside of the inode, in one leaf, or in leaves below nodes.</summary>
sealed class XfsAttributes(XfsVolume volume)
{
    const ushort Leaf4 = 0xFBEE;
    const ushort Leaf5 = 0x3BEE;
    const ushort Node4 = 0xFEBE;
    const ushort Node5 = 0x3EBE;
    const uint RemoteMagic = 0x5841524D;
    const int RemoteHeader = 56;
    const int MaxValue = 64 * 1024;
    const int MaxTotal = 64 * 1024 * 1024;
    const int MaxLevels = 5;

    const int Local = 0x01;
    const int Root = 0x02;
    const int Secure = 0x04;
    const int Parent = 0x08;
    const int Incomplete = 0x80;

    readonly XfsSuperblock _superblock = volume.Superblock;

    /// <exception cref="GuestFileException">They are damaged.</exception>
    public async ValueTask<IReadOnlyList<GuestAttribute>> ReadAsync(XfsInode inode, CancellationToken cancellationToken)
    {
        if (inode.Attributes is not { } fork)
        {
            return [];
        }

        if (fork.Format == XfsForkFormat.Local)
        {
            return ReadShort(fork);
        }

        var found = new List<GuestAttribute>();
        if (fork.Format == XfsForkFormat.Extents && fork.Extents == 0)
        {
            return found;
        }

        var map = new XfsExtentMap(volume, fork);
        var seen = new HashSet<uint>();
        long total = 0;
        for (var (number, leaf) = await FirstLeafAsync(fork, map, cancellationToken).ConfigureAwait(false); ;)
        {
            if (!seen.Add(number))
            {
                throw Damaged(fork, "have leaves in a circle");
            }

            var before = found.Count;
            await ReadLeafAsync(fork, map, leaf, found, cancellationToken).ConfigureAwait(false);
            total += found.Skip(before).Sum(attribute => (long)attribute.Value.Length);
            number = leaf.U32(0);
            if (number == 0)
            {
                return found;
            }

            if (total > MaxTotal)
            {
                throw GuestFileException.Unsupported(fork.Subject, $"The {fork.Subject} have more than {MaxTotal} bytes: they are not read.");
            }

            leaf = await ReadBlockAsync(fork, map, number, cancellationToken).ConfigureAwait(false);
        }
    }

    static List<GuestAttribute> ReadShort(XfsFork fork)
    {
        var bytes = fork.Bytes.Span;
        var found = new List<GuestAttribute>();
        if (bytes.Length < 4)
        {
            throw Damaged(fork, "have no room");
        }

        for (int i = 0, at = 4; i < bytes[2]; i++)
        {
            if (at + 3 > bytes.Length || at + 3 + bytes[at] + bytes[at + 1] > bytes.Length)
            {
                throw Damaged(fork, $"are {bytes[2]}, of which {i} have room");
            }

            var (name, value, flags) = (bytes[at], bytes[at + 1], bytes[at + 2]);
            Add(found, fork, flags, bytes.Slice(at + 3, name), bytes.Slice(at + 3 + name, value).ToArray());
            at += 3 + name + value;
        }

        return found;
    }

    static void Add(List<GuestAttribute> found, XfsFork fork, int flags, ReadOnlySpan<byte> name, byte[] value)
    {
        if ((flags & (Incomplete | Parent)) != 0)
        {
            return;
        }

        if ((flags & Root) != 0 && XfsAcl.NameOf(name) is { } list)
        {
            found.Add(new GuestAttribute(list, XfsAcl.Convert(value) ?? throw Damaged(fork, "have a list of access rights that is none")));
            return;
        }

        var space = (flags & Root) != 0 ? "trusted." : (flags & Secure) != 0 ? "security." : "user.";
        found.Add(new GuestAttribute(space + GuestName.FromBytes(name), value));
    }

    async ValueTask<(uint Number, byte[] Leaf)> FirstLeafAsync(XfsFork fork, XfsExtentMap map, CancellationToken cancellationToken)
    {
        uint number = 0;
        var block = await ReadBlockAsync(fork, map, number, cancellationToken).ConfigureAwait(false);
        for (var level = 0; block.U16(8) is Node4 or Node5; level++)
        {
            if (level == MaxLevels || block.U16(_superblock.IsVersion5 ? 56 : 12) == 0)
            {
                throw Damaged(fork, "have nodes without leaves");
            }

            number = block.U32((_superblock.IsVersion5 ? 64 : 16) + 4);
            block = await ReadBlockAsync(fork, map, number, cancellationToken).ConfigureAwait(false);
        }

        return (number, block);
    }

    async ValueTask ReadLeafAsync(XfsFork fork, XfsExtentMap map, byte[] leaf, List<GuestAttribute> found, CancellationToken cancellationToken)
    {
        var start = _superblock.IsVersion5 ? 80 : 32;
        var count = leaf.U16(_superblock.IsVersion5 ? 56 : 12);
        if (leaf.U16(8) != (_superblock.IsVersion5 ? Leaf5 : Leaf4) || count > (leaf.Length - start) / 8)
        {
            throw Damaged(fork, $"have a block that is no leaf, or too many entries ({count})");
        }

        for (var i = 0; i < count; i++)
        {
            int at = leaf.U16(start + (i * 8) + 4);
            int flags = leaf[start + (i * 8) + 6];
            var head = (flags & Local) != 0 ? 3 : 9;
            var nameLength = at <= leaf.Length - head ? leaf[at + head - 1] : -1;
            long valueLength = nameLength < 0 ? -1 : (flags & Local) != 0 ? leaf.U16(at) : leaf.U32(at + 4);
            var end = (long)at + head + nameLength + ((flags & Local) != 0 ? valueLength : 0);
            if (nameLength < 0 || end > leaf.Length || valueLength > MaxValue)
            {
                throw Damaged(fork, $"have an entry at byte {at} that cannot be right");
            }

            if ((flags & (Incomplete | Parent)) != 0)
            {
                continue;
            }

            var value = (flags & Local) != 0 ? leaf.AsSpan(at + head + nameLength, (int)valueLength).ToArray()
                : await ReadRemoteAsync(fork, map, leaf.U32(at), (int)valueLength, cancellationToken).ConfigureAwait(false);
            Add(found, fork, flags, leaf.AsSpan(at + head, nameLength), value);
        }
    }

    async ValueTask<byte[]> ReadRemoteAsync(XfsFork fork, XfsExtentMap map, uint first, int length, CancellationToken cancellationToken)
    {
        var value = new byte[length];
        var block = new byte[_superblock.BlockSize];
        for (var done = 0; done < length; first++)
        {
            var offset = await ReadAnyBlockAsync(fork, map, first, block, cancellationToken).ConfigureAwait(false);
            var part = block.AsMemory();
            if (_superblock.IsVersion5)
            {
                var defect = block.U32(0) != RemoteMagic ? "has no signature of one" : XfsHeader.Remote.DefectOf(block, _superblock, offset, fork.Owner);
                defect ??= block.U32(4) != done || block.U32(8) == 0 || block.U32(8) > block.Length - RemoteHeader
                    ? $"says that it has {block.U32(8)} bytes from byte {block.U32(4)} on" : null;
                part = defect is null ? part.Slice(RemoteHeader, (int)block.U32(8)) : throw Damaged(fork, $"have a value whose block {first} {defect}");
            }

            part = part[..Math.Min(part.Length, length - done)];
            part.CopyTo(value.AsMemory(done));
            done += part.Length;
        }

        return value;
    }

    async ValueTask<byte[]> ReadBlockAsync(XfsFork fork, XfsExtentMap map, uint number, CancellationToken cancellationToken)
    {
        var block = new byte[_superblock.BlockSize];
        var offset = await ReadAnyBlockAsync(fork, map, number, block, cancellationToken).ConfigureAwait(false);
        return _superblock.IsVersion5 && XfsHeader.Index.DefectOf(block, _superblock, offset, fork.Owner) is { } defect
            ? throw Damaged(fork, $"have a block {number} that {defect}")
            : block;
    }

    async ValueTask<long> ReadAnyBlockAsync(XfsFork fork, XfsExtentMap map, uint number, byte[] block, CancellationToken cancellationToken)
    {
        var extent = await map.FindAsync(number, cancellationToken).ConfigureAwait(false);
        if (extent.IsHole)
        {
            throw Damaged(fork, $"lead to block {number}, which is missing");
        }

        var offset = _superblock.ByteOf(extent.Block + (number - extent.First));
        await volume.ReadAsync(offset, block, fork.Subject, cancellationToken).ConfigureAwait(false);
        return offset;
    }

    static GuestFileException Damaged(XfsFork fork, string defect) => GuestFileException.Damaged(fork.Subject, $"The {fork.Subject} {defect}.");
}
