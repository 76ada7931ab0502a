using System.ComponentModel.DataAnnotations;
using VmProxy.Engine.Schedules;

namespace VmProxy.Engine.Configuration;

/// <summary>When the service runs a job by itself.</summary>
public sealed class ScheduleSettings
{
    /// <summary>When it begins: five fields as in crontab (minute, hour, day, month, weekday), such as <c>0 22 * * *</c>.</summary>
    public required string Cron { get; init; }

    /// <summary>The time zone of <see cref="Cron"/> and <see cref="Windows"/> by its IANA name, such as <c>Europe/Berlin</c>; null is the system's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>
    /// When VMs may begin, such as <c>22:00-06:00</c> or <c>Sat,Sun 00:00-24:00</c>; empty is always. A VM that has not begun when the last window
    /// closes is reported as not done; one that has begun is finished.
    /// </summary>
    public IReadOnlyList<string> Windows { get; init; } = [];

    /// <summary>Whether a run that was missed while the service did not work, or that its end interrupted, is made up for when it starts: once, and only within <see cref="Windows"/>.</summary>
    public bool RunMissed { get; init; } = true;

    /// <summary>Who goes first when more jobs are due than may work at once: higher goes before lower.</summary>
    [Range(1, 9)]
    public int Priority { get; init; } = 5;

    /// <summary>How often the VMs that failed are tried again in the same window.</summary>
    [Range(0, 10)]
    public int Retries { get; init; } = 2;

    /// <summary>How long to wait before each of these attempts.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "12:00:00")]
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The time zone, or the given one when none is named.</summary>
    public TimeZoneInfo Zone(TimeZoneInfo local) => TimeZone is null ? local : TimeZoneInfo.FindSystemTimeZoneById(TimeZone);

    /// <summary>The windows as a calendar.</summary>
    public BackupWindows OpenTimes(TimeZoneInfo local) => new([.. Windows.Select(BackupWindow.Parse)], Zone(local));
}
