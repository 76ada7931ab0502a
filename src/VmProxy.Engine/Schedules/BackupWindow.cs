using System.Globalization;

namespace VmProxy.Engine.Schedules;

/// <summary>A time of day, on some days of the week, at which work may begin. One that passes midnight belongs to the day on which it opens.</summary>
/// <param name="Days">The days on which it opens.</param>
/// <param name="Start">When it opens, from midnight.</param>
/// <param name="End">When it closes, from midnight of the same day: more than 24 hours when it passes midnight.</param>
public sealed record BackupWindow(IReadOnlyCollection<DayOfWeek> Days, TimeSpan Start, TimeSpan End)
{
    /// <summary>What a window may look like, for messages.</summary>
    public const string Allowed = "Allowed: HH:MM-HH:MM with days before it or without, such as 22:00-06:00, Mon-Fri 20:00-06:00 or Sat,Sun 00:00-24:00";

    static readonly DayOfWeek[] EveryDay = Enum.GetValues<DayOfWeek>();

    /// <summary>Reads a window.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static BackupWindow Parse(string text) => TryParse(text) ?? throw new FormatException($"'{text}' is no window. {Allowed}.");

    /// <summary>Reads a window; null when the text is none.</summary>
    public static BackupWindow? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length is not (1 or 2) || words[^1].Split('-') is not [var opens, var closes]
            || Time(opens) is not { } start || Time(closes) is not { } end || start == TimeSpan.FromDays(1))
        {
            return null;
        }

        var days = words.Length == 1 ? EveryDay : DaysOf(words[0]);
        return days is null ? null : new BackupWindow(days, start, end <= start ? end + TimeSpan.FromDays(1) : end);
    }

    static TimeSpan? Time(string text) => text == "24:00"
        ? TimeSpan.FromDays(1)
        : TimeSpan.TryParseExact(text, @"hh\:mm", CultureInfo.InvariantCulture, out var time) ? time : null;

    static DayOfWeek[]? DaysOf(string text)
    {
        List<DayOfWeek> days = [];
        foreach (var part in text.Split(','))
        {
            DayOfWeek?[] ends = [.. part.Split('-').Select(Day)];
            if (ends.Length is not (1 or 2) || ends.Contains(null))
            {
                return null;
            }

            for (var day = ends[0]!.Value; ; day = (DayOfWeek)(((int)day + 1) % 7))
            {
                days.Add(day);
                if (day == ends[^1])
                {
                    break;
                }
            }
        }

        return [.. days.Distinct()];
    }

    static DayOfWeek? Day(string text)
    {
        foreach (var day in EveryDay)
        {
            var name = day.ToString();
            if (text.Equals(name, StringComparison.OrdinalIgnoreCase) || text.Equals(name[..3], StringComparison.OrdinalIgnoreCase))
            {
                return day;
            }
        }

        return null;
    }
}
