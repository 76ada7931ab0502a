using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>A change in the log: what would be done again, what would be undone, and where. Both are at the same place.</summary>
readonly ref struct NtfsLogChange
{
    /// <summary>Bytes before the data.</summary>
    public const int Head = 0x20;

    const int Sector = 512;
    const long MaxCluster = 1L << 40;

    readonly ReadOnlySpan<byte> _bytes;

    /// <summary>The change in the data of a log record.</summary>
    /// <exception cref="GuestFileException">It is too short.</exception>
    public NtfsLogChange(ReadOnlySpan<byte> record) =>
        _bytes = record.Length >= Head ? record : throw GuestFileException.Damaged("$LogFile", "A record of $LogFile is too short.");

    public ushort Redo => Word(0x00);

    public ushort Undo => Word(0x02);

    /// <summary>What is to be written, empty where that cannot be right.</summary>
    public ReadOnlySpan<byte> RedoData => Word(0x04) + Word(0x06) <= _bytes.Length ? _bytes.Slice(Word(0x04), Word(0x06)) : [];

    /// <summary>The attribute, by its offset in the table of open ones.</summary>
    public ushort Attribute => Word(0x0C);

    /// <summary>How many bytes from its place on it may change.</summary>
    public int Reach => Word(0x10) + Word(0x12) + Math.Max(Word(0x06), Word(0x0A));

    /// <summary>Where in the attribute it is.</summary>
    /// <exception cref="GuestFileException">It cannot be there.</exception>
    public long PlaceIn(int clusterSize)
    {
        var cluster = BinaryPrimitives.ReadInt64LittleEndian(_bytes[0x18..]);
        return cluster is >= 0 and <= MaxCluster
            ? (cluster * clusterSize) + (Word(0x14) * Sector)
            : throw GuestFileException.Damaged("$LogFile", $"A record of $LogFile changes the cluster {cluster} of an attribute, which cannot be.");
    }

    ushort Word(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[offset..]);
}
