using System.Globalization;
using VmProxy.Engine.Configuration;

namespace VmProxy.Engine.Retention;

/// <summary>Decides which points of one VM stay. Nothing here touches a repository.</summary>
static class KeepRules
{
    public const string Held = "held";
    public const string NewestGood = "newest good";
    public const string NoPolicy = "no policy";
    public const string Ahead = "ahead of the clock";

    // The clocks of proxies that share a repository differ a little.
    static readonly TimeSpan Slack = TimeSpan.FromHours(1);

    static readonly (string Name, Func<KeepSettings, int> Count, Func<DateTime, object> Period)[] Calendar =
    [
        ("hourly", keep => keep.Hourly, time => (DateOnly.FromDateTime(time), time.Hour)),
        ("daily", keep => keep.Daily, time => DateOnly.FromDateTime(time)),
        ("weekly", keep => keep.Weekly, time => (ISOWeek.GetYear(time), ISOWeek.GetWeekOfYear(time))),
        ("monthly", keep => keep.Monthly, time => (time.Year, time.Month)),
        ("yearly", keep => keep.Yearly, time => time.Year),
    ];

    /// <summary>
    /// Names for every point the rules that want it, newest point first; a point without any goes. The VM's newest good point always stays,
    /// whatever the policy says, and so does a held one. A point that is damaged takes no place of a good one. One of the future was made by a clock that
    /// was wrong, or this one is: it stays and counts for nothing, or it would be the newest for ever and each new point would go.
    /// </summary>
    /// <param name="points">All points of the VM, in any order.</param>
    /// <param name="policy">The rules; null keeps everything.</param>
    /// <param name="zone">Whose calendar counts.</param>
    /// <param name="now">The present time.</param>
    public static IReadOnlyList<KeepVerdict> Decide(IEnumerable<KeepCandidate> points, KeepSettings? policy, TimeZoneInfo zone, DateTimeOffset now)
    {
        var newestFirst = points.OrderByDescending(point => point.Time).ThenByDescending(point => point.Id, StringComparer.Ordinal).ToList();
        var reasons = newestFirst.ToDictionary(point => point.Id, _ => new List<string>(), StringComparer.Ordinal);
        var ahead = newestFirst.TakeWhile(point => point.Time > now + Slack).ToList();
        ahead.ForEach(point => reasons[point.Id].Add(Ahead));
        var past = newestFirst.Skip(ahead.Count).ToList();
        if (policy is null)
        {
            newestFirst.ForEach(point => reasons[point.Id].Add(NoPolicy));
        }
        else
        {
            Last(past, policy.Last).ForEach(point => reasons[point.Id].Add("last"));
            foreach (var (name, count, period) in Calendar)
            {
                foreach (var newest in past.GroupBy(point => period(TimeZoneInfo.ConvertTime(point.Time, zone).DateTime)).Take(count(policy)))
                {
                    foreach (var point in newest.Take(1).Union(newest.Where(point => point.IsGood).Take(1)))
                    {
                        reasons[point.Id].Add(name);
                    }
                }
            }
        }

        foreach (var held in newestFirst.Where(point => point.IsHeld))
        {
            reasons[held.Id].Add(Held);
        }

        if ((past.Find(point => point.IsGood) ?? ahead.Find(point => point.IsGood)) is { } good)
        {
            reasons[good.Id].Add(NewestGood);
        }

        return [.. newestFirst.Select(point => new KeepVerdict(point, reasons[point.Id]))];
    }

    /// <summary>The newest points, so many good ones of them.</summary>
    static List<KeepCandidate> Last(List<KeepCandidate> newestFirst, int count)
    {
        var good = 0;
        return [.. newestFirst.TakeWhile(point => (point.IsGood ? good++ : good) < count)];
    }
}

/// <summary>A point before the rules.</summary>
/// <param name="Id">The point's id.</param>
/// <param name="Time">When its snapshot was taken.</param>
/// <param name="IsHeld">Somebody protects it.</param>
/// <param name="IsGood">No check or verification found it damaged.</param>
sealed record KeepCandidate(string Id, DateTimeOffset Time, bool IsHeld, bool IsGood);

/// <summary>What the rules say of a point.</summary>
/// <param name="Point">The point.</param>
/// <param name="Reasons">The rules that want it; none: it goes.</param>
sealed record KeepVerdict(KeepCandidate Point, IReadOnlyList<string> Reasons)
{
    public bool IsKept => Reasons.Count > 0;
}
