namespace VmProxy.GuestFiles;

/// <summary>Replays changes of buffers: pieces of 128 bytes, told by a bitmap.</summary>
sealed class XfsBufferReplay(XfsOverlay overlay, XfsSuperblock superblock, XfsCanceledBuffers canceled)
{
    const int Chunk = 128;
    const int MaxSectors = 256;
    const int SuperblockMoment = 240;

    const int InodeBuffer = 0x01;
    const int Cancel = 0x02;
    const int QuotaBuffers = 0x1C;

    const int TreeType = 4;
    const int SuperblockType = 18;

    // The kinds of buffers that this reader never looks at: quotas (1 to 3), the heads of allocation groups (5 to 7), free space in directories (12), realtime maps (19, 20).
    const uint UnusedTypes = 0xE | 0xE0 | (1 << 12) | (3 << 19);

    readonly HashSet<long> _replayed = [];

    /// <summary>Buffers that were replayed.</summary>
    public int Count => _replayed.Count;

    /// <summary>Whether an item tells of freed blocks.</summary>
    public static bool IsCancel(XfsLogItem item) => (item.Description.Little16(4) & Cancel) != 0;

    /// <summary>Whether an item changes only the list of unlinked inodes, which is nothing that is read.</summary>
    public static bool IsInodeBuffer(XfsLogItem item) => (item.Description.Little16(4) & InodeBuffer) != 0;

    /// <summary>Where the buffer of an item lies, in sectors.</summary>
    /// <exception cref="GuestFileException">The item cannot be right.</exception>
    public static (long Sector, int Sectors) PlaceOf(XfsLogItem item)
    {
        var description = item.Description;
        if (description.Length < 20)
        {
            throw Damaged("has no room for its description");
        }

        var (sector, sectors) = ((long)description.Little64(8), description.Little16(6));
        return sector is < 0 or > long.MaxValue / 512 || sectors is 0 or > MaxSectors ? throw Damaged($"has {sectors} sectors at sector {sector}") : (sector, sectors);
    }

    public async ValueTask ReplayAsync(XfsLogItem item, ulong moment, CancellationToken cancellationToken)
    {
        var place = PlaceOf(item);
        var flags = item.Description.Little16(4);
        var type = flags >> 11;
        if ((flags & Cancel) != 0)
        {
            canceled.Pass(place.Sector, place.Sectors);
            return;
        }

        if (canceled.Contains(place.Sector, place.Sectors) || (flags & (InodeBuffer | QuotaBuffers)) != 0 || (UnusedTypes & (1u << type)) != 0)
        {
            return;
        }

        var offset = place.Sector * 512;
        var buffer = await overlay.ReadAsync(offset, place.Sectors * 512, cancellationToken).ConfigureAwait(false);
        if (!_replayed.Contains(offset) && IsNewer(buffer, type, moment))
        {
            return;
        }

        Apply(item, buffer);
        if (!Seal(buffer, type))
        {
            return;
        }

        await overlay.WriteAsync(offset, buffer, cancellationToken).ConfigureAwait(false);
        _replayed.Add(offset);
    }

    static void Apply(XfsLogItem item, byte[] buffer)
    {
        var description = item.Description;
        var words = description.Little32(16);
        if (words > Math.Min((uint)(description.Length - 20) / 4, MaxSectors * 512 / Chunk / 32))
        {
            throw Damaged($"has a map of {words} words");
        }

        var region = 1;
        var bits = (int)words * 32;
        for (var bit = 0; bit < bits;)
        {
            if (!IsSet(description, bit))
            {
                bit++;
                continue;
            }

            var run = 1;
            while (bit + run < bits && IsSet(description, bit + run))
            {
                run++;
            }

            // A run can be logged in several regions, where it crosses a page.
            var bytes = region < item.Count ? item[region++] : throw Damaged("has less regions than its map tells");
            var length = Math.Min(run * Chunk, bytes.Length / Chunk * Chunk);
            if (length == 0 || (bit * Chunk) + length > buffer.Length)
            {
                throw Damaged($"changes {length} bytes at byte {bit * Chunk} of {buffer.Length}");
            }

            bytes[..length].CopyTo(buffer.AsSpan(bit * Chunk));
            bit += length / Chunk;
        }
    }

    static bool IsSet(ReadOnlySpan<byte> description, int bit) => (description.Little32(20 + (bit / 32 * 4)) & (1u << (bit % 32))) != 0;

    static GuestFileException Damaged(string defect) => GuestFileException.Damaged("log", $"A change of a buffer in the log {defect}.");

    /// <summary>Whether the block on the disk was written after the change, which version 5 can tell.</summary>
    bool IsNewer(ReadOnlySpan<byte> buffer, int type, ulong moment)
    {
        if (!superblock.IsVersion5)
        {
            return false;
        }

        var (at, uuid) = type == SuperblockType ? (SuperblockMoment, -1) : XfsHeader.Of(buffer) is { } header ? (header.Moment, header.Uuid) : (-1, -1);
        if (at < 0 || (uuid >= 0 && !buffer.Slice(uuid, 16).SequenceEqual(superblock.MetadataUuid)))
        {
            return false;
        }

        var written = buffer.U64(at);
        return written is not (0 or ulong.MaxValue) && written >= moment;
    }

    /// <summary>Makes the checksum right, as writing the buffer back would.</summary>
    /// <returns>Whether it is a buffer that is ever read.</returns>
    bool Seal(byte[] buffer, int type)
    {
        if (type == SuperblockType)
        {
            if (superblock.IsVersion5)
            {
                XfsChecksum.Write(buffer, XfsSuperblock.ChecksumField);
            }

            return true;
        }

        if (superblock.IsVersion5 && XfsHeader.Of(buffer) is { } header)
        {
            XfsChecksum.Write(buffer, header.Checksum);
            return true;
        }

        // Of the B+trees only those of extents are read; they begin with BMA3 or BMAP.
        return type != TreeType || buffer.AsSpan().StartsWith("BMAP"u8);
    }
}
