namespace VmProxy.GuestFiles;

/// <summary>Goes through the log from the first record that a recovery would need to its end, and collects which MFT records it concerns.</summary>
sealed class NtfsLogWalk(NtfsVolume volume, NtfsLogPages pages, NtfsLogRestart restart)
{
    /// <summary>How many MFT records are kept at most, in some 30 MiB.</summary>
    public const int MaxRecords = 1_000_000;

    // More than is ever under way at once: where none of them is newer, nothing behind them is.
    const int PagesBehind = 64;

    readonly NtfsLogRecords _records = new(pages, restart);

    /// <summary>The numbers of the MFT records that were met.</summary>
    public HashSet<long> Records { get; } = [];

    /// <summary>Why there may be others, or null.</summary>
    public string? Problem { get; private set; }

    /// <summary>Goes through it as far as it can be read.</summary>
    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await pages.ReadCopiesAsync(cancellationToken).ConfigureAwait(false);
            var checkpoint = await NtfsLogCheckpoint.ReadAsync(_records, restart.CheckpointLsn, cancellationToken).ConfigureAwait(false);
            await RunAsync(checkpoint, cancellationToken).ConfigureAwait(false);
        }
        catch (GuestFileException exception)
        {
            Problem = exception.Message;
        }
    }

    async ValueTask RunAsync(NtfsLogCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        ulong last = 0;
        for (var lsn = checkpoint.FirstLsn; await _records.ReadAsync(lsn, cancellationToken).ConfigureAwait(false); lsn = _records.Next)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!_records.IsCheckpoint)
            {
                Take(lsn, new NtfsLogChange(_records.Data.Span), checkpoint.Attributes);
            }

            if (_records.Next <= lsn || _records.Next - checkpoint.FirstLsn > 1UL << restart.DataBits)
            {
                throw GuestFileException.Damaged("$LogFile", "The records of $LogFile lead in a circle.");
            }

            last = lsn;
        }

        // A record that the restart page knows must be there. It may tell a place before all pages while the log is new.
        var known = restart.OffsetOf(restart.CurrentLsn) >= restart.FirstPage ? restart.CurrentLsn : 0;
        if (last == 0 || last < known || await GoesOnAsync(last, cancellationToken).ConfigureAwait(false))
        {
            throw GuestFileException.Damaged("$LogFile", $"The records of $LogFile break off behind the record {last}.");
        }
    }

    /// <summary>Whether a page behind the end is newer than the end, so that it is none.</summary>
    async ValueTask<bool> GoesOnAsync(ulong last, CancellationToken cancellationToken)
    {
        var page = _records.NextPage;
        for (var left = Math.Min(PagesBehind, (restart.Length - restart.FirstPage) / restart.PageSize); left > 0; left--)
        {
            await pages.ReadAsync(page, cancellationToken).ConfigureAwait(false);
            if (pages.Lsn > last)
            {
                return true;
            }

            page = restart.PageAfter(page);
        }

        return false;
    }

    void Take(ulong lsn, NtfsLogChange change, Dictionary<int, NtfsLogAttribute> attributes)
    {
        var (redo, undo) = (change.Redo, change.Undo);
        if (redo == NtfsLogOperation.OpenAttribute)
        {
            attributes[change.Attribute] = NtfsLogAttribute.Parse(change.RedoData) is { } opened ? opened with { OpenedLsn = lsn } : throw NtfsLogTable.Damaged();
        }
        else if (NtfsLogOperation.IsOfRecord(redo) || NtfsLogOperation.IsOfRecord(undo))
        {
            AddRecords(change, reach: 1);
        }
        else if (NtfsLogOperation.IsOfAttribute(redo) || NtfsLogOperation.IsOfAttribute(undo))
        {
            TakeAttribute(lsn, change, attributes);
        }
        else if (!NtfsLogOperation.IsKnown(redo) || !NtfsLogOperation.IsKnown(undo))
        {
            Problem ??= $"The record {lsn} of $LogFile tells of an operation that is not known ({redo}, {undo}).";
        }
    }

    void TakeAttribute(ulong lsn, NtfsLogChange change, Dictionary<int, NtfsLogAttribute> attributes)
    {
        if (!attributes.TryGetValue(change.Attribute, out var attribute) || attribute.OpenedLsn > lsn)
        {
            Problem ??= $"The record {lsn} of $LogFile changes an attribute of which it is not known whose it is.";
        }
        else if (attribute.IsMft)
        {
            AddRecords(change, change.Reach);
        }
        else
        {
            Add(attribute.File.Record);
        }
    }

    /// <summary>Adds the MFT records from the place of a change on.</summary>
    void AddRecords(NtfsLogChange change, int reach)
    {
        var place = change.PlaceIn(volume.Geometry.ClusterSize);
        var size = volume.Geometry.RecordSize;
        for (var number = place / size; number * size < place + Math.Max(1, reach); number++)
        {
            Add(number);
        }
    }

    void Add(long record)
    {
        if (Records.Count >= MaxRecords && !Records.Contains(record))
        {
            throw GuestFileException.Unsupported("$LogFile", $"It concerns more than {MaxRecords} MFT records.");
        }

        Records.Add(record);
    }
}
