using System.Globalization;
using VmProxy.Engine.Capacity;

namespace VmProxy.Engine.Reports;

/// <summary>Words that every form of a report shares.</summary>
public static class ReportText
{
    /// <summary>A time to the second, UTC, as programs read it.</summary>
    public static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A time to the minute, UTC, as people read it.</summary>
    public static string Minute(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>A day, UTC.</summary>
    public static string Day(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A day.</summary>
    public static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A level.</summary>
    public static string Level(CapacityLevel level) => level switch
    {
        CapacityLevel.Critical => "critical",
        CapacityLevel.Warning => "warning",
        _ => "fine",
    };

    /// <summary>The verdict of a forecast in a few words, such as a date.</summary>
    public static string Verdict(FillForecast forecast)
    {
        ArgumentNullException.ThrowIfNull(forecast);
        return forecast.Verdict switch
        {
            FillVerdict.Full => "full",
            FillVerdict.Filling => Day(forecast.FullAt!.Value),
            FillVerdict.NotFilling => "not filling",
            _ => "too few days",
        };
    }

    /// <summary>The whole forecast in a sentence without its end.</summary>
    public static string Forecast(FillForecast forecast)
    {
        ArgumentNullException.ThrowIfNull(forecast);
        return forecast.Verdict switch
        {
            FillVerdict.Full => "It is full",
            FillVerdict.Filling => $"Full on {Day(forecast.FullAt!.Value)}; between {Day(forecast.Earliest!.Value)} and "
                + (forecast.Latest is { } latest ? Day(latest) : "more than five years from now") + " (90 %)",
            FillVerdict.NotFilling => $"Not filling, by {Count(forecast.Days, "day")} of history",
            _ => $"Too few days to tell: {forecast.Days.ToString(CultureInfo.InvariantCulture)} of {FillForecastDays}",
        };
    }

    /// <summary>By how much it grows a day, and what was left out of that; empty with too few days.</summary>
    public static string Trend(FillForecast forecast)
    {
        ArgumentNullException.ThrowIfNull(forecast);
        var steps = string.Join(", ", forecast.Steps.Select(step => $"{Signed(step.Bytes)} on {Day(step.Day)}"));
        return forecast.BytesPerDay is { } bytes
            ? $"{Signed(bytes)} a day ({Signed(forecast.BytesPerDayLow ?? bytes)} to {Signed(forecast.BytesPerDayHigh ?? bytes)})"
                + (steps.Length > 0 ? $"; counted once: {steps}" : "")
            : "";
    }

    /// <summary>A number of things.</summary>
    public static string Count(long count, string thing) => string.Create(CultureInfo.InvariantCulture, $"{count} {thing}{(count == 1 ? "" : "s")}");

    /// <summary>A size with its sign.</summary>
    public static string Signed(long bytes) => (bytes > 0 ? "+" : "") + Sizes.Text(bytes);

    static string FillForecastDays => Capacity.Forecasting.FillForecaster.LeastDays.ToString(CultureInfo.InvariantCulture);
}
