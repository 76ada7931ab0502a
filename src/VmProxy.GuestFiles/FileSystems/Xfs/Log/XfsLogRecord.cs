using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>One record of the log: a head of one or more sectors, and data in which the first number of each sector was exchanged for the round.</summary>
sealed class XfsLogRecord
{
    const int HeadBytes = 328;
    const int HeadBytes32 = 324;
    const int ChecksumField = 32;
    const int CyclesOfHead = 64;
    const int ExtendedHeadBytes = 260;
    const int DataPerHead = CyclesOfHead * XfsLogArea.Sector;
    const int LittleEndian = 1;

    readonly byte[] _head;

    XfsLogRecord(int sector, byte[] head)
    {
        Sector = sector;
        _head = head;
    }

    /// <summary>Where it begins.</summary>
    public int Sector { get; }

    public uint Cycle => _head.U32(4);

    /// <summary>Bytes of data.</summary>
    public int Length => (int)_head.U32(12);

    /// <summary>Its place in time: round and sector.</summary>
    public ulong Moment => _head.U64(16);

    /// <summary>The oldest record that had not been written back to its place when this one was made.</summary>
    public ulong TailMoment => _head.U64(24);

    public int Operations => (int)_head.U32(40);

    /// <summary>Sectors of the head: one for each 32 KiB that a record of the log may have.</summary>
    public int HeadSectors { get; private init; } = 1;

    public int Sectors => HeadSectors + ((Length + XfsLogArea.Sector - 1) / XfsLogArea.Sector);

    /// <summary>Reads a head; null when there is none.</summary>
    /// <exception cref="GuestFileException">There is one that cannot be right.</exception>
    public static async ValueTask<XfsLogRecord?> ReadAsync(XfsLogArea log, int sector, CancellationToken cancellationToken)
    {
        var head = await log.ReadAsync(sector, 1, cancellationToken).ConfigureAwait(false);
        if (head.U32(0) != XfsLogArea.Magic)
        {
            return null;
        }

        var size = log.Superblock.HasLogVersion2 && (head.U32(8) & 2) != 0 ? head.U32(320) : 0;
        var length = head.U32(12);
        var defect = head.U32(8) is 0 or > 3 ? $"is of version {head.U32(8)}"
            : length > log.MaxRecord || size > log.MaxRecord ? $"says that it has {length} bytes of {size}"
            : !head.AsSpan(304, 16).SequenceEqual(log.Superblock.Uuid) && head.U32(300) != 0 ? "belongs to another file system"
            : (uint)head.U64(16) != sector ? $"says that it lies at sector {(uint)head.U64(16)}"
            : null;
        if (defect is not null)
        {
            throw GuestFileException.Damaged("log", $"The log's record at sector {sector} {defect}.");
        }

        return new XfsLogRecord(sector, head) { HeadSectors = Math.Max(1, (int)((size + DataPerHead - 1) / DataPerHead)) };
    }

    /// <summary>Reads the data, with the numbers back in their places.</summary>
    /// <returns>The data, or null when the checksum says that it was not written completely.</returns>
    /// <exception cref="GuestFileException">It was written by a machine of another byte order.</exception>
    public async ValueTask<byte[]?> ReadDataAsync(XfsLogArea log, CancellationToken cancellationToken)
    {
        if (_head.U32(300) is not (0 or LittleEndian))
        {
            throw GuestFileException.Unsupported("log", "The log was written by a machine of another byte order.");
        }

        var heads = await log.ReadAsync(Sector, HeadSectors, cancellationToken).ConfigureAwait(false);
        var data = await log.ReadAsync((Sector + HeadSectors) % log.Sectors, Sectors - HeadSectors, cancellationToken).ConfigureAwait(false);
        if (!IsChecksumRight(log, heads, data))
        {
            return null;
        }

        for (var i = 0; i < data.Length / XfsLogArea.Sector; i++)
        {
            var (head, place) = (i / CyclesOfHead, i % CyclesOfHead);
            var from = head == 0 ? 44 + (place * 4) : (head * XfsLogArea.Sector) + 4 + (place * 4);
            if (head < HeadSectors)
            {
                heads.AsSpan(from, 4).CopyTo(data.AsSpan(i * XfsLogArea.Sector));
            }
        }

        return data[..Length];
    }

    bool IsChecksumRight(XfsLogArea log, byte[] heads, byte[] data)
    {
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(heads.AsSpan(ChecksumField));
        // Version 4 did not always have one.
        return (!log.Superblock.IsVersion5 && stored == 0) || stored == Checksum(heads, HeadBytes, data) || stored == Checksum(heads, HeadBytes32, data);
    }

    /// <summary>Machines of 32 bits left four bytes of the head out.</summary>
    uint Checksum(byte[] heads, int headBytes, byte[] data)
    {
        var sum = Crc32C.Continue(uint.MaxValue, heads.AsSpan(0, ChecksumField));
        sum = Crc32C.Continue(sum, stackalloc byte[4]);
        sum = Crc32C.Continue(sum, heads.AsSpan(ChecksumField + 4, headBytes - ChecksumField - 4));
        for (var i = 1; i < HeadSectors; i++)
        {
            sum = Crc32C.Continue(sum, heads.AsSpan(i * XfsLogArea.Sector, ExtendedHeadBytes));
        }

        return ~Crc32C.Continue(sum, data.AsSpan(0, Length));
    }
}
