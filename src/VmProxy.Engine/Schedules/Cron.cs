using Quartz;

namespace VmProxy.Engine.Schedules;

/// <summary>Cron expressions of five fields, as crontab has them. What fires them is what judges them.</summary>
public static class Cron
{
    /// <summary>What is allowed, for messages.</summary>
    public const string Allowed = "Allowed: five fields as in crontab, minute, hour, day, month and weekday, such as 0 22 * * * or 30 4 * * MON-FRI";

    /// <summary>Reads an expression.</summary>
    /// <param name="text">The five fields.</param>
    /// <param name="zone">Whose clock counts.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public static CronExpression Parse(string text, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(text);
        return CronExpression.Parse(text, CronFormat.Unix).WithTimeZone(zone);
    }

    /// <summary>Why the text is no expression; null when it is one that has a next time.</summary>
    public static string? Problem(string text)
    {
        try
        {
            Parse(text, TimeZoneInfo.Utc);
            return null;
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }
    }
}
