using System.Buffers.Binary;

namespace VmProxy.GuestFiles;

/// <summary>The records of $LogFile, one at a time. A record that does not fit goes on behind the head of the next page, and behind the last page follows the first.</summary>
sealed class NtfsLogRecords(NtfsLogPages pages, NtfsLogRestart restart)
{
    // The longest records are tables of checkpoints, which have some hundred KiB on large servers.
    const int MaxBytes = 4 * 1024 * 1024;
    const uint OfClient = 1;
    const uint OfCheckpoint = 2;

    byte[] _spread = [];

    /// <summary>What the client wrote, as long as no other record is read.</summary>
    public ReadOnlyMemory<byte> Data { get; private set; }

    /// <summary>Whether it is that of a checkpoint, and not of a change.</summary>
    public bool IsCheckpoint { get; private set; }

    /// <summary>The record behind it, if there is one.</summary>
    public ulong Next { get; private set; }

    /// <summary>The page that the record behind it begins on, if there is one.</summary>
    public long NextPage { get; private set; }

    /// <summary>Reads a record, or returns false where the log ends before it.</summary>
    /// <exception cref="GuestFileException">The log is damaged where it is.</exception>
    public async ValueTask<bool> ReadAsync(ulong lsn, CancellationToken cancellationToken)
    {
        var offset = restart.OffsetOf(lsn);
        var (page, at) = (offset / restart.PageSize * restart.PageSize, (int)(offset % restart.PageSize));
        if (page < restart.FirstPage || page >= restart.Length || at < restart.DataOffset || at > restart.PageSize - NtfsLogRestart.RecordHead)
        {
            throw Damaged(lsn, "cannot lie there");
        }

        if (!await HoldsAsync(page, lsn, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        var head = pages.Bytes.Slice(at, NtfsLogRestart.RecordHead);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(head.Span[0x18..]);
        var type = BinaryPrimitives.ReadUInt32LittleEndian(head.Span[0x20..]);
        if (BinaryPrimitives.ReadUInt64LittleEndian(head.Span) != lsn || type is not (OfClient or OfCheckpoint) || length > Math.Min(MaxBytes, restart.Length))
        {
            throw Damaged(lsn, "is damaged, or longer than is read");
        }

        IsCheckpoint = type == OfCheckpoint;
        return await ReadDataAsync(lsn, page, at + NtfsLogRestart.RecordHead, (int)length, cancellationToken).ConfigureAwait(false);
    }

    static GuestFileException Damaged(ulong lsn, string message) => GuestFileException.Damaged("$LogFile", $"The record {lsn} of $LogFile {message}.");

    /// <summary>Reads a page, and tells whether it was written since the record was.</summary>
    async ValueTask<bool> HoldsAsync(long page, ulong lsn, CancellationToken cancellationToken)
    {
        await pages.ReadAsync(page, cancellationToken).ConfigureAwait(false);
        return pages.Lsn >= lsn || (pages.IsTorn ? throw Damaged(lsn, $"lies on the page at byte {page}, which is damaged") : false);
    }

    async ValueTask<bool> ReadDataAsync(ulong lsn, long page, int at, int length, CancellationToken cancellationToken)
    {
        var turns = lsn >> restart.DataBits;
        if (length <= restart.PageSize - at)
        {
            Data = pages.Bytes.Slice(at, length);
            at += length;
        }
        else
        {
            _spread = _spread.Length < length ? new byte[length] : _spread;
            for (var done = 0; ;)
            {
                var part = Math.Min(length - done, restart.PageSize - at);
                pages.Bytes.Span.Slice(at, part).CopyTo(_spread.AsSpan(done));
                (done, at) = (done + part, at + part);
                if (done == length)
                {
                    break;
                }

                (page, at) = (restart.PageAfter(page), restart.DataOffset);
                turns += page == restart.FirstPage ? 1UL : 0;
                if (!await HoldsAsync(page, lsn, cancellationToken).ConfigureAwait(false))
                {
                    return false;
                }
            }

            Data = _spread.AsMemory(0, length);
        }

        // What is the last on its page is followed by the next page's first, however much room is left.
        if (pages.Lsn == lsn)
        {
            (page, at) = (restart.PageAfter(page), restart.DataOffset);
            turns += page == restart.FirstPage ? 1UL : 0;
        }

        NextPage = page;
        Next = (turns << restart.DataBits) + (ulong)((page + ((at + 7) & ~7)) / 8);
        return true;
    }
}
