using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>The journal's own superblock. Source: the kernel's documentation of ext4 (Journal (jbd2), Super Block). All numbers of a journal are big-endian.</summary>
sealed class JournalSuperblock
{
    public const uint Magic = 0xC03B_3998;
    public const int Bytes = 1024;

    /// <summary>Blocks of the longest journal that mke2fs makes (mke2fs(8), "size="). All of a longer one would be read for nothing.</summary>
    const uint MaxLength = 10_240_000;

    const int ChecksumOffset = 0xFC;
    const int DefaultFastBlocks = 256;

    /// <summary>A log that would be shorter leaves no room for fast commits.</summary>
    const uint LeastLog = 1024;

    const uint FirstVersion = 3;
    const uint SecondVersion = 4;
    const uint CompatibleChecksum = 1;
    const JournalFeatures Read = JournalFeatures.Revoke | JournalFeatures.Wide | JournalFeatures.AsyncCommit | JournalFeatures.Checksums2
        | JournalFeatures.Checksums3 | JournalFeatures.FastCommit;

    readonly byte[] _bytes;

    JournalSuperblock(byte[] bytes) => _bytes = bytes;

    public int BlockSize => (int)UInt32(0xC);

    /// <summary>Blocks of the journal, this one among them.</summary>
    public uint Length => UInt32(0x10);

    /// <summary>The first block of the log.</summary>
    public uint First => UInt32(0x14);

    /// <summary>The number of the first transaction that has to be replayed.</summary>
    public uint Sequence => UInt32(0x18);

    /// <summary>The block where it begins; 0 where nothing has to be replayed.</summary>
    public uint Start => UInt32(0x1C);

    public JournalFeatures Features => IsSecond ? (JournalFeatures)UInt32(0x28) : 0;

    /// <summary>Whether commit blocks hold a CRC-32 of their transaction, the first form of checksums.</summary>
    public bool HasCommitChecksums => IsSecond && (UInt32(0x24) & CompatibleChecksum) != 0;

    /// <summary>Whether each block has a CRC-32C.</summary>
    public bool HasBlockChecksums => (Features & (JournalFeatures.Checksums2 | JournalFeatures.Checksums3)) != 0;

    /// <summary>The block after the log; what follows is the area of fast commits.</summary>
    public uint End => Features.HasFlag(JournalFeatures.FastCommit) && FastBlocks + (long)LeastLog <= Length ? Length - FastBlocks : Length;

    public uint ChecksumSeed => Crc32C.Continue(uint.MaxValue, _bytes.AsSpan(0x30, 16));

    uint FastBlocks => UInt32(0x54) is var blocks && blocks == 0 ? DefaultFastBlocks : blocks;

    bool IsSecond => UInt32(0x4) == SecondVersion;

    /// <summary>The journal's superblock, or null and the reason why it cannot be read.</summary>
    /// <param name="bytes">The first bytes of the journal.</param>
    /// <param name="blockSize">The file system's block size, which a journal inside of it shares.</param>
    /// <param name="blocks">How many blocks the journal can have: those of its file, and no more than the volume has.</param>
    /// <param name="reason">What is wrong.</param>
    public static JournalSuperblock? Parse(byte[] bytes, int blockSize, long blocks, out string reason)
    {
        var journal = new JournalSuperblock(bytes);
        reason = journal.UInt32(0) != Magic || journal.UInt32(0x4) is not (FirstVersion or SecondVersion) ? "has no signature"
            : journal.BlockSize != blockSize ? $"has blocks of {journal.BlockSize} bytes"
            : journal.Length > MaxLength ? $"has {journal.Length} blocks, and at most {MaxLength} are read"
            : journal.Length > blocks || journal.First == 0 || journal.First >= journal.End || (journal.Start != 0 && (journal.Start < journal.First || journal.Start >= journal.End))
                ? $"spans blocks {journal.First} to {journal.End} and begins at {journal.Start}, where there are {blocks} blocks"
            : (journal.Features & ~Read) != 0 ? $"has unknown features {(uint)(journal.Features & ~Read):X}"
            : journal.HasBlockChecksums && !journal.IsSound() ? "does not match its checksum"
            : "";
        return reason.Length == 0 ? journal : null;
    }

    bool IsSound()
    {
        var crc = Crc32C.ContinueZeros(Crc32C.Continue(uint.MaxValue, _bytes.AsSpan(0, ChecksumOffset)), sizeof(uint));
        return Crc32C.Continue(crc, _bytes.AsSpan(ChecksumOffset + sizeof(uint), Bytes - ChecksumOffset - sizeof(uint))) == UInt32(ChecksumOffset);
    }

    uint UInt32(int offset) => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(offset));
}
