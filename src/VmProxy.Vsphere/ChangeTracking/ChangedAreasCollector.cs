namespace VmProxy.Vsphere;

/// <summary>
/// Puts the server's partial answers together until they cover the disk (requirement 6). Judges every answer: a gap, a standstill, a negative
/// length or an area beyond the disk makes all of it unusable. The length of an answer is never taken for the size of the disk.
/// </summary>
sealed class ChangedAreasCollector(long capacity)
{
    // 64 TiB, the largest disk, in answers of 1 GiB. A server that describes less at a time is not making progress.
    const int MaximumAnswers = 65536;

    readonly List<ByteRange> _ranges = [];
    int _answers;

    /// <summary>Where the next question starts.</summary>
    public long Covered { get; private set; }

    /// <summary>The outcome once it is known; null while the disk is not covered.</summary>
    public ChangedAreas? Outcome { get; private set; } = capacity <= 0 ? new ChangedAreas.Areas([]) : null;

    public void Add(long startOffset, long length, IEnumerable<ByteRange> areas)
    {
        if (length < 0 || startOffset < 0 || startOffset > long.MaxValue - length)
        {
            Outcome = Unusable(ChangeTrackingCodes.AnswerInvalid, $"an answer describes {length} bytes from {startOffset}");
            return;
        }

        long end = startOffset + length;
        if (startOffset > Covered || end <= Covered || ++_answers > MaximumAnswers)
        {
            Outcome = Unusable(
                ChangeTrackingCodes.AnswerIncomplete,
                $"asked from {Covered} of {capacity}, the answer describes {length} bytes from {startOffset}");
            return;
        }

        foreach (var area in areas)
        {
            if (area.Offset < 0 || area.Length < 0)
            {
                Outcome = Unusable(ChangeTrackingCodes.AnswerInvalid, $"an answer holds an area of {area.Length} bytes at {area.Offset}");
                return;
            }

            if (area.Offset >= capacity && area.Length > 0)
            {
                // An area that only reaches past the end is cut; one that lies beyond it is of another disk, and its own place is not told.
                Outcome = Unusable(ChangeTrackingCodes.AnswerInvalid, $"an answer holds an area at {area.Offset} of a disk of {capacity} bytes");
                return;
            }

            _ranges.Add(area);
        }

        Covered = end;
        if (Covered >= capacity)
        {
            Outcome = new ChangedAreas.Areas(ByteRange.Normalize(_ranges, capacity));
        }
    }

    static ChangedAreas.Unavailable Unusable(string code, string reason) => new(code, reason);
}
