using System.Globalization;
using VmProxy.Engine.Schedules;

namespace VmProxy.Engine.Tests.Schedules;

/// <summary>When work may begin.</summary>
sealed class BackupWindowsTests
{
    static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    // 2026-03-02 is a Monday.
    [TestCase("22:00-06:00", "2026-03-02 21:59", null)]
    [TestCase("22:00-06:00", "2026-03-02 22:00", "2026-03-03 06:00")]
    [TestCase("22:00-06:00", "2026-03-03 05:59", "2026-03-03 06:00")]
    [TestCase("22:00-06:00", "2026-03-03 06:00", null)]
    [TestCase("08:00-12:00", "2026-03-03 09:30", "2026-03-03 12:00")]
    [TestCase("Mon-Fri 22:00-06:00", "2026-03-07 03:00", "2026-03-07 06:00")]
    [TestCase("Mon-Fri 22:00-06:00", "2026-03-07 22:30", null)]
    [TestCase("sat,SUNDAY 00:00-24:00", "2026-03-07 12:00", "2026-03-09 00:00")]
    [TestCase("Fri-Mon 00:00-24:00", "2026-03-06 00:00", "2026-03-10 00:00")]
    [TestCase("Mon-Fri 22:00-06:00; Sat,Sun 00:00-24:00", "2026-03-06 23:00", "2026-03-09 00:00")]
    [TestCase("00:00-24:00", "2026-03-06 23:00", "always")]
    [TestCase("", "2026-03-06 23:00", "always")]
    [TestCase("00:00-12:00; 12:00-00:00", "2026-03-06 23:00", "always")]
    public void A_window_is_open_from_its_start_to_before_its_end_and_windows_without_a_gap_are_one(string windows, string moment, string? until)
    {
        var expected = until switch { null => null, "always" => (DateTimeOffset?)DateTimeOffset.MaxValue, _ => Utc(until) };
        Assert.That(Of(windows, TimeZoneInfo.Utc).OpenUntil(Utc(moment)), Is.EqualTo(expected));
    }

    [TestCase("2026-03-28 22:30", "2026-03-29 04:00", TestName = "The night that is an hour shorter")]
    [TestCase("2026-10-24 22:30", "2026-10-25 05:00", TestName = "The night that is an hour longer")]
    public void The_clock_of_the_time_zone_counts(string moment, string until)
        => Assert.That(Of("22:00-06:00", Berlin).OpenUntil(Utc(moment)), Is.EqualTo(Utc(until)));

    [Test]
    public void A_time_that_the_clock_skips_is_the_moment_of_the_change_and_one_that_it_shows_twice_is_open_for_both()
    {
        Assert.That(Of("00:00-02:30", Berlin).OpenUntil(Utc("2026-03-29 00:59")), Is.EqualTo(Utc("2026-03-29 01:30")));
        Assert.That(Of("02:00-02:30", Berlin).OpenUntil(Utc("2026-10-25 00:10")), Is.EqualTo(Utc("2026-10-25 01:30")));
    }

    [TestCase("22:00")]
    [TestCase("22-06")]
    [TestCase("25:00-06:00")]
    [TestCase("24:00-06:00")]
    [TestCase("Mon- 22:00-06:00")]
    [TestCase("Montag 22:00-06:00")]
    [TestCase("Mon 22:00-06:00 Tue")]
    [TestCase("1-5 22:00-06:00")]
    [TestCase("")]
    public void What_is_no_window_is_refused(string text) => Assert.That(BackupWindow.TryParse(text), Is.Null);

    [TestCase("0 22 * * *", "2026-03-02 22:00")]
    [TestCase("30 4 * * 1-5", "2026-03-03 04:30")]
    [TestCase("0 3 * * SUN", "2026-03-08 03:00")]
    [TestCase("0 3 * * 0", "2026-03-08 03:00")]
    [TestCase("@daily", "2026-03-03 00:00")]
    public void A_schedule_is_read_as_crontab_reads_it(string cron, string next)
        => Assert.That(Cron.Parse(cron, TimeZoneInfo.Utc).GetNextValidTimeAfter(Utc("2026-03-02 12:00")), Is.EqualTo(Utc(next)));

    [TestCase("30 2 * * *", "2026-03-28 12:00", "2026-03-29 01:00", TestName = "A time that the clock skips is at the change, and no night is left out")]
    [TestCase("30 2 * * *", "2026-03-29 02:00", "2026-03-30 00:30", TestName = "After the change it is the next night")]
    [TestCase("30 2 * * *", "2026-10-24 12:00", "2026-10-25 00:30", TestName = "A time that the clock shows twice is at the first")]
    [TestCase("30 2 * * *", "2026-10-25 00:30", "2026-10-26 01:30", TestName = "And not at the second")]
    public void A_night_of_the_change_of_the_clock_has_its_run(string cron, string after, string next)
        => Assert.That(Cron.Parse(cron, Berlin).GetNextValidTimeAfter(Utc(after)), Is.EqualTo(Utc(next)));

    [TestCase("22:00")]
    [TestCase("0 0 22 * * ?")]
    [TestCase("60 22 * * *")]
    [TestCase("")]
    public void What_is_no_schedule_is_refused(string cron) => Assert.That(Cron.Problem(cron), Is.Not.Null);

    static BackupWindows Of(string windows, TimeZoneInfo zone) =>
        new([.. windows.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(BackupWindow.Parse)], zone);

    static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
