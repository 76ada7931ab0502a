namespace VmProxy.Engine.Care;

/// <summary>
/// When a consolidation that failed is tried again. Each try may wait long for locked files, and a backup should not begin with that every time: the
/// first retry comes with the next sweep, then after one minute, two, four, up to an hour.
/// </summary>
static class SweepBackoff
{
    static readonly TimeSpan First = TimeSpan.FromMinutes(1);
    static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>How long after the last failure the next attempt comes.</summary>
    /// <param name="attempts">Failures so far.</param>
    public static TimeSpan Delay(int attempts) => attempts < 2 ? TimeSpan.Zero : TimeSpan.FromTicks(
        Math.Min(Longest.Ticks, First.Ticks << Math.Min(attempts - 2, 16)));

    /// <summary>When the next attempt is due; null when that is now. A failure in the future was noted before the clock was set back: it holds nothing up.</summary>
    public static DateTimeOffset? NotBefore(int attempts, DateTimeOffset? last, DateTimeOffset now) =>
        last is { } failed && failed <= now && failed + Delay(attempts) is var due && due > now ? due : null;
}
