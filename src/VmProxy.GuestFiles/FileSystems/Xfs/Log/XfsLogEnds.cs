namespace VmProxy.GuestFiles;

/// <summary>Where the log that must be replayed begins and ends.</summary>
/// <param name="Tail">The sector of the first record to replay.</param>
/// <param name="Head">The sector behind the last one.</param>
/// <param name="IsClean">Whether the file system was unmounted: nothing is to be replayed.</param>
readonly record struct XfsLogEnds(int Tail, int Head, bool IsClean)
{
    // As many records can have been on their way at once, and have arrived in any order.
    const int MaxInFlight = 8;

    /// <exception cref="GuestFileException">It cannot be told.</exception>
    public static async ValueTask<XfsLogEnds> FindAsync(XfsLogArea log, CancellationToken cancellationToken)
    {
        var head = await FindHeadAsync(log, cancellationToken).ConfigureAwait(false);
        if (head is 0 && await log.CycleAtAsync(0, cancellationToken).ConfigureAwait(false) == 0)
        {
            return new XfsLogEnds(0, 0, true);
        }

        var last = await LastRecordAsync(log, head, cancellationToken).ConfigureAwait(false);
        if (await IsUnmountAsync(log, last, head, cancellationToken).ConfigureAwait(false))
        {
            return new XfsLogEnds(head, head, true);
        }

        // Of the records that were on their way last, those behind one that is torn do not count.
        var first = last;
        for (var i = 1; i < MaxInFlight && first.Sector != (int)(uint)last.TailMoment; i++)
        {
            first = await LastRecordAsync(log, first.Sector, cancellationToken).ConfigureAwait(false);
        }

        var left = (last.Sector - first.Sector + log.Sectors) % log.Sectors;
        for (var record = first; left >= 0;)
        {
            if (await record.ReadDataAsync(log, cancellationToken).ConfigureAwait(false) is null)
            {
                head = record.Sector;
                last = await LastRecordAsync(log, head, cancellationToken).ConfigureAwait(false);
                break;
            }

            var next = (record.Sector + record.Sectors) % log.Sectors;
            if (record.Sector == last.Sector || await XfsLogRecord.ReadAsync(log, next, cancellationToken).ConfigureAwait(false) is not { } following)
            {
                break;
            }

            left -= record.Sectors;
            record = following;
        }

        var tail = (uint)last.TailMoment;
        return tail >= log.Sectors ? throw GuestFileException.Damaged("log", $"The log's record at sector {last.Sector} says that the log begins at sector {tail}.")
            : new XfsLogEnds((int)tail, head, await IsUnmountAsync(log, last, head, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The last thing that an unmount writes is a record of one operation that says so.</summary>
    static async ValueTask<bool> IsUnmountAsync(XfsLogArea log, XfsLogRecord last, int head, CancellationToken cancellationToken)
    {
        const byte unmount = 0x20;
        if (last.Operations != 1 || (last.Sector + last.Sectors) % log.Sectors != head)
        {
            return false;
        }

        var data = await log.ReadAsync((last.Sector + last.HeadSectors) % log.Sectors, 1, cancellationToken).ConfigureAwait(false);
        return (data[9] & unmount) != 0;
    }

    /// <summary>
    /// The sector where the next record would be written: the first that still has the round before. What was on its way when the machine stopped can leave older sectors before it; the
    /// first of these is the head then.
    /// </summary>
    static async ValueTask<int> FindHeadAsync(XfsLogArea log, CancellationToken cancellationToken)
    {
        var first = await log.CycleAtAsync(0, cancellationToken).ConfigureAwait(false);
        if (first == 0)
        {
            return 0;
        }

        var last = await log.CycleAtAsync(log.Sectors - 1, cancellationToken).ConfigureAwait(false);
        var head = first == last ? log.Sectors : await FirstOfCycleAsync(log, last, cancellationToken).ConfigureAwait(false);
        if (last == 0 && first != 1)
        {
            throw GuestFileException.Damaged("log", $"The log begins in round {first} and ends in none.");
        }

        // The same round everywhere: a hole of the round before can only lie before the end.
        var stale = first == last ? last - 1 : last;
        var scanned = Math.Min(MaxInFlight * log.MaxRecord / XfsLogArea.Sector, log.Sectors);
        if (head >= scanned || last == 0)
        {
            var start = Math.Max(0, head - scanned);
            head = await FindCycleAsync(log, start, head - start, stale, cancellationToken).ConfigureAwait(false) ?? head;
        }
        else
        {
            var start = log.Sectors - (scanned - head);
            head = await FindCycleAsync(log, start, log.Sectors - start, stale - 1, cancellationToken).ConfigureAwait(false)
                ?? await FindCycleAsync(log, 0, head, stale, cancellationToken).ConfigureAwait(false) ?? head;
        }

        return await BackOverPartAsync(log, head, cancellationToken).ConfigureAwait(false) % log.Sectors;
    }

    static async ValueTask<int> FirstOfCycleAsync(XfsLogArea log, uint cycle, CancellationToken cancellationToken)
    {
        var (low, high) = (0, log.Sectors - 1);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            (low, high) = await log.CycleAtAsync(middle, cancellationToken).ConfigureAwait(false) == cycle ? (low, middle) : (middle, high);
        }

        return high;
    }

    static async ValueTask<int?> FindCycleAsync(XfsLogArea log, int start, int sectors, uint cycle, CancellationToken cancellationToken)
    {
        const int piece = 2048;
        for (var at = start; at < start + sectors; at += piece)
        {
            var bytes = await log.ReadAsync(at, Math.Min(piece, start + sectors - at), cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < bytes.Length; i += XfsLogArea.Sector)
            {
                if (XfsLogArea.CycleOf(bytes.AsSpan(i)) == cycle)
                {
                    return at + (i / XfsLogArea.Sector);
                }
            }
        }

        return null;
    }

    /// <summary>The head when it does not lie in the midst of a record that was written in part; otherwise where that record begins.</summary>
    static async ValueTask<int> BackOverPartAsync(XfsLogArea log, int head, CancellationToken cancellationToken)
    {
        var record = await LastRecordAsync(log, head, cancellationToken).ConfigureAwait(false);
        var distance = (head - record.Sector + log.Sectors) % log.Sectors;
        return distance == record.Sectors % log.Sectors ? head : record.Sector;
    }

    /// <summary>The last record that begins before a sector. A sound log has one within the length of the largest.</summary>
    static async ValueTask<XfsLogRecord> LastRecordAsync(XfsLogArea log, int head, CancellationToken cancellationToken)
    {
        const int piece = 256;
        var searched = Math.Min(log.Sectors, 4 * 256 * 1024 / XfsLogArea.Sector);
        for (var back = 0; back < searched; back += piece)
        {
            var count = Math.Min(piece, searched - back);
            var start = (head - back - count + (2 * log.Sectors)) % log.Sectors;
            var bytes = await log.ReadAsync(start, count, cancellationToken).ConfigureAwait(false);
            for (var i = count - 1; i >= 0; i--)
            {
                if (bytes.U32(i * XfsLogArea.Sector) == XfsLogArea.Magic
                    && await XfsLogRecord.ReadAsync(log, (start + i) % log.Sectors, cancellationToken).ConfigureAwait(false) is { } record)
                {
                    return record;
                }
            }
        }

        throw GuestFileException.Damaged("log", $"The log has no record before sector {head}.");
    }
}
