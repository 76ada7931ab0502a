using System.Globalization;

namespace VmProxy.Engine;

/// <summary>Sizes and times as people read them.</summary>
public static class Sizes
{
    static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>The size with one decimal in the largest binary unit that fits.</summary>
    public static string Text(long bytes)
    {
        var unit = 0;
        double value = bytes;
        while (Math.Abs(value) >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + Units[unit];
    }

    /// <summary>The time in its largest unit, with one decimal.</summary>
    public static string Text(TimeSpan time)
    {
        var (value, unit) = time switch
        {
            { TotalDays: >= 2 } => (time.TotalDays, "days"),
            { TotalHours: >= 1 } => (time.TotalHours, "h"),
            { TotalMinutes: >= 1 } => (time.TotalMinutes, "min"),
            _ => (time.TotalSeconds, "s"),
        };
        return value.ToString("0.0", CultureInfo.InvariantCulture) + " " + unit;
    }
}
