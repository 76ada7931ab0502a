namespace VmProxy.GuestFiles;

/// <summary>
/// $LogFile: whether it was closed, and otherwise which files it concerns. It is not replayed. A file is concerned when the log holds a change of it that a recovery would do again or undo, also where
/// its record on the disk is still an old one; and when its record was changed since the oldest record that a recovery could need.
/// </summary>
sealed class NtfsLog
{
    readonly ulong _oldest;
    readonly HashSet<long> _records;

    NtfsLog(ulong oldest, HashSet<long> records, string? problem)
    {
        // A log that tells no oldest record concerns what was met in it.
        (_oldest, _records, Problem) = (oldest == 0 ? ulong.MaxValue : oldest, records, problem);
        Count = records.Count(record => record >= NtfsMetafiles.FirstUser || record == NtfsMetafiles.Root);
    }

    /// <summary>Why other files may be concerned, too; null when the log was read to its end.</summary>
    public string? Problem { get; }

    /// <summary>How many MFT records were met in the log, without those of NTFS itself.</summary>
    public int Count { get; }

    /// <summary>Reads the log; null for one that was closed.</summary>
    public static async ValueTask<NtfsLog?> ReadAsync(NtfsVolume volume, CancellationToken cancellationToken)
    {
        try
        {
            var file = await NtfsFile.LoadAsync(volume, NtfsMetafiles.LogFile, cancellationToken).ConfigureAwait(false);
            var data = file.Find(volume, NtfsAttributeType.Data, "") ?? throw file.Record.Damaged("is that of $LogFile, and has no data");
            await using var content = volume.Open(data, "$LogFile", isMetadata: true);
            var restart = await NtfsLogRestart.ReadAsync(content, cancellationToken).ConfigureAwait(false);
            if (restart is null or { IsClosed: true })
            {
                return null;
            }

            if (restart.Problem is { } problem)
            {
                return new NtfsLog(restart.OldestLsn, [], problem);
            }

            var walk = new NtfsLogWalk(volume, new NtfsLogPages(content, restart), restart);
            await walk.RunAsync(cancellationToken).ConfigureAwait(false);
            return new NtfsLog(restart.OldestLsn, walk.Records, walk.Problem);
        }
        catch (GuestFileException exception)
        {
            return new NtfsLog(0, [], exception.Message);
        }
    }

    /// <summary>The warning of a file that the log concerns.</summary>
    public static GuestProblem ProblemOf(string subject) => new(
        GuestFileErrorCodes.LogNotReplayed, subject, $"The log of the volume, which was not replayed, holds changes of {subject}: it may be older than it should be, or there in part.") { IsWarning = true };

    /// <summary>Whether an MFT record is one that the log concerns.</summary>
    /// <param name="record">Its number.</param>
    /// <param name="lsn">The last change of it that is on the disk.</param>
    public bool Concerns(long record, ulong lsn) => IsRecent(lsn) || _records.Contains(record);

    /// <summary>Whether a change on the disk is one that a recovery could need to know.</summary>
    public bool IsRecent(ulong lsn) => lsn >= _oldest;
}
