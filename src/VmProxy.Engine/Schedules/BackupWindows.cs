namespace VmProxy.Engine.Schedules;

/// <summary>The windows of a schedule in its time zone.</summary>
/// <param name="windows">The windows; none is always open.</param>
/// <param name="zone">Whose clock counts.</param>
public sealed class BackupWindows(IReadOnlyList<BackupWindow> windows, TimeZoneInfo zone)
{
    // Windows that follow on each other for so long never close.
    static readonly TimeSpan Always = TimeSpan.FromDays(8);

    /// <summary>
    /// Until when work may begin, if it may at this moment: the end of the last of the windows that follow on each other without a gap,
    /// <see cref="DateTimeOffset.MaxValue"/> when there is no end. Null when no window is open.
    /// </summary>
    public DateTimeOffset? OpenUntil(DateTimeOffset moment)
    {
        if (windows.Count == 0)
        {
            return DateTimeOffset.MaxValue;
        }

        DateTimeOffset? until = null;
        for (var at = moment; CloseAfter(at) is { } close; at = close)
        {
            until = close;
            if (close - moment > Always)
            {
                return DateTimeOffset.MaxValue;
            }
        }

        return until;
    }

    /// <summary>The latest end of the windows that are open at the moment; null when none is.</summary>
    DateTimeOffset? CloseAfter(DateTimeOffset moment)
    {
        var today = TimeZoneInfo.ConvertTime(moment, zone).Date;
        DateTimeOffset? latest = null;
        foreach (var window in windows)
        {
            // One that opened yesterday may still be open.
            foreach (var day in new[] { today.AddDays(-1), today })
            {
                if (window.Days.Contains(day.DayOfWeek) && Instant(day + window.Start, first: true) <= moment)
                {
                    var end = Instant(day + window.End, first: false);
                    latest = end > moment && (latest is null || end > latest) ? end : latest;
                }
            }
        }

        return latest;
    }

    /// <summary>A local time that the clock skips is the moment of the change; of one that it shows twice, a window opens at the first and closes at the second.</summary>
    DateTimeOffset Instant(DateTime local, bool first)
    {
        if (zone.IsInvalidTime(local))
        {
            return new DateTimeOffset(local, zone.GetUtcOffset(local.AddHours(-1)));
        }

        var offset = zone.IsAmbiguousTime(local)
            ? (first ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetAmbiguousTimeOffsets(local).Min())
            : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset);
    }
}
