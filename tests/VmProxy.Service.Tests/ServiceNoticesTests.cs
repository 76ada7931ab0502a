using VmProxy.Service.Notifications;

namespace VmProxy.Service.Tests;

/// <summary>What the service tells of itself.</summary>
sealed class ServiceNoticesTests
{
    [Test]
    public void A_schedule_that_does_not_fire_is_an_error_that_says_what_to_do()
    {
        var notice = ServiceNotices.Stuck("The disk is full", new DateTimeOffset(2026, 3, 2, 22, 10, 0, TimeSpan.Zero));
        Assert.That((notice.Severity, notice.Facts["code"]), Is.EqualTo((NoticeSeverity.Error, ServiceCodes.ScheduleStuck)));
        Assert.That(notice.Lines, Has.Some.Contains("vmproxy backup --job"));
    }
}
