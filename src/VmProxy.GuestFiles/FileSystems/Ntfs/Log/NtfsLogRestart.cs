using System.Buffers.Binary;
using System.Numerics;
using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>
/// What a restart page of $LogFile says: how the log is laid out, and where its one client, NTFS, would begin to recover. A position in the log is an LSN: in its low bits the offset in the file in
/// units of eight bytes, above them how often the file has been written through. Facts: the documentation of the Linux-NTFS project on $LogFile, and what Linux's ntfs3 and ntfsrecover read.
/// </summary>
sealed class NtfsLogRestart
{
    /// <summary>Bytes of the head of a log record.</summary>
    public const int RecordHead = 0x30;

    const int PageHead = 0x1E;
    const int AreaBytes = 0x30;
    const int ClientBytes = 0x10;
    const int RecordPageHead = 0x28;
    const int MinPage = 512;
    const int MaxPage = 64 * 1024;
    const int MaxDataBits = 29;
    const ushort VolumeIsClean = 2;
    const ushort NoClient = 0xFFFF;

    NtfsLogRestart()
    {
    }

    /// <summary>The last record that was known to be on the disk when the page was written.</summary>
    public ulong CurrentLsn { get; private init; }

    /// <summary>Whether the log holds nothing that is not on the disk.</summary>
    public bool IsClosed { get; private init; }

    /// <summary>Why the records cannot be found, or null. What follows is known only where they can.</summary>
    public string? Problem { get; private set; }

    /// <summary>The first record that a recovery could need, or 0.</summary>
    public ulong OldestLsn { get; private set; }

    /// <summary>The record of the last checkpoint, or 0.</summary>
    public ulong CheckpointLsn { get; private set; }

    /// <summary>Whether it is the version that keeps sixteen pairs of copies of pages, which tell their place apart from their LSN; the older one keeps one pair.</summary>
    public bool IsVersion2 { get; private set; }

    /// <summary>Bytes of a page.</summary>
    public int PageSize { get; private set; }

    /// <summary>Where records begin in a page.</summary>
    public int DataOffset { get; private set; }

    /// <summary>Bytes of the log, in pages.</summary>
    public long Length { get; private set; }

    /// <summary>Bits of an LSN that tell where in the file it is.</summary>
    public int DataBits { get; private set; }

    /// <summary>Where the copies of pages begin: behind both restart pages.</summary>
    public long FirstCopy => 2L * PageSize;

    /// <summary>Where the pages begin that are written in turn.</summary>
    public long FirstPage => (IsVersion2 ? 34L : 4L) * PageSize;

    /// <summary>Where in the file an LSN is.</summary>
    public long OffsetOf(ulong lsn) => (long)(lsn & ((1UL << DataBits) - 1)) * 8;

    /// <summary>The page behind another one: behind the last lies the first.</summary>
    public long PageAfter(long page) => page + PageSize >= Length ? FirstPage : page + PageSize;

    /// <summary>Finds both restart pages, which are written in turn; the one that was written last counts. Null for a log that was emptied, as Linux does when it mounts a volume.</summary>
    /// <exception cref="GuestFileException">Both are damaged.</exception>
    public static async ValueTask<NtfsLogRestart?> ReadAsync(IBlockDevice content, CancellationToken cancellationToken)
    {
        var found = new List<NtfsLogRestart>();
        var isEmpty = true;
        // The second lies behind the first, whose size only a sound one tells.
        for (var place = 0; place <= MaxPage && place <= content.Length - MinPage; place = Math.Max(MinPage, place * 2))
        {
            var head = new byte[PageHead];
            await content.ReadAsync(place, head, cancellationToken).ConfigureAwait(false);
            isEmpty &= place != 0 || head.AsSpan().IndexOfAnyExcept((byte)0xFF) < 0;
            var size = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(0x10));
            if (HasSignature(head) && IsPageSize(size) && (place == 0 || place == size) && place + size <= content.Length)
            {
                var page = new byte[size];
                await content.ReadAsync(place, page, cancellationToken).ConfigureAwait(false);
                if (Parse(page, content.Length) is { } restart)
                {
                    found.Add(restart);
                }
            }
        }

        return found.MaxBy(restart => restart.CurrentLsn)
            ?? (isEmpty ? null : throw GuestFileException.Damaged("$LogFile", "Both restart pages of $LogFile are damaged."));
    }

    static bool HasSignature(ReadOnlySpan<byte> page) => page.StartsWith("RSTR"u8) || IsOfCheckDisk(page);

    /// <summary>What chkdsk leaves when it is done: what is in the log behind it means nothing any more.</summary>
    static bool IsOfCheckDisk(ReadOnlySpan<byte> page) => page.StartsWith("CHKD"u8);

    static bool IsPageSize(uint size) => size is >= MinPage and <= MaxPage && BitOperations.IsPow2(size);

    static NtfsLogRestart? Parse(byte[] page, long contentLength)
    {
        var offset = BinaryPrimitives.ReadUInt16LittleEndian(page.AsSpan(0x18));
        if (!NtfsFixups.TryApply(page) || offset < PageHead || offset > page.Length - AreaBytes)
        {
            return null;
        }

        var area = page.AsSpan(offset);
        var isClean = (BinaryPrimitives.ReadUInt16LittleEndian(area[0x0E..]) & VolumeIsClean) != 0 || BinaryPrimitives.ReadUInt16LittleEndian(area[0x0C..]) == NoClient;
        var restart = new NtfsLogRestart { CurrentLsn = BinaryPrimitives.ReadUInt64LittleEndian(area), IsClosed = isClean || IsOfCheckDisk(page) };
        restart.TakeClient(area);
        restart.TakeLayout(page, area, contentLength);
        return restart;
    }

    void TakeClient(ReadOnlySpan<byte> area)
    {
        var client = BinaryPrimitives.ReadUInt16LittleEndian(area[0x16..]);
        if (BinaryPrimitives.ReadUInt16LittleEndian(area[0x08..]) != 1 || BinaryPrimitives.ReadUInt16LittleEndian(area[0x0C..]) != 0 || client < 0x20 || client > area.Length - ClientBytes)
        {
            Problem = "Its restart page does not name NTFS as its only client.";
            return;
        }

        OldestLsn = BinaryPrimitives.ReadUInt64LittleEndian(area[client..]);
        CheckpointLsn = BinaryPrimitives.ReadUInt64LittleEndian(area[(client + 8)..]);
    }

    void TakeLayout(ReadOnlySpan<byte> page, ReadOnlySpan<byte> area, long contentLength)
    {
        var (minor, major) = (BinaryPrimitives.ReadUInt16LittleEndian(page[0x1A..]), BinaryPrimitives.ReadUInt16LittleEndian(page[0x1C..]));
        var dataBits = 64 - (long)BinaryPrimitives.ReadUInt32LittleEndian(area[0x10..]);
        IsVersion2 = major == 2;
        PageSize = page.Length;
        DataOffset = BinaryPrimitives.ReadUInt16LittleEndian(area[0x26..]);
        Length = BinaryPrimitives.ReadInt64LittleEndian(area[0x18..]);
        DataBits = (int)Math.Clamp(dataBits, 1, MaxDataBits);
        Problem ??= (major, minor) is not ((1, 1) or (2, 0)) ? $"Its version {major}.{minor} is not known."
            : BinaryPrimitives.ReadUInt32LittleEndian(page[0x14..]) != page.Length ? "The sizes of its pages differ."
            : BinaryPrimitives.ReadUInt16LittleEndian(area[0x24..]) != RecordHead ? "Its records have heads of a size that is not known."
            : DataOffset % 8 != 0 || DataOffset < RecordPageHead + (((PageSize / 512) + 1) * 2) || DataOffset > PageSize - RecordHead ? "Its restart page tells a place for records that cannot be right."
            : Length % PageSize != 0 || Length < FirstPage + PageSize || Length > contentLength ? $"Its restart page tells a length of {Length} bytes, and it has {contentLength}."
            : dataBits != DataBits || 8L << DataBits < Length || 4L << DataBits > Length ? "The numbers of its records do not go with its length."
            : null;
    }
}
