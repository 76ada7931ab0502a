using VmProxy.Engine.Capacity;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Selection;
using VmProxy.Service.Metrics;
using VmProxy.Service.Notifications;
using VmProxy.Service.Work;

namespace VmProxy.Service.Tests;

/// <summary>When the room of a datastore is told, and what of it is shown.</summary>
sealed class CapacityNoticeTests
{
    static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    static readonly TimeSpan Within = TimeSpan.FromDays(14);

    // By default 20 % free is a warning, 10 % is critical.
    [TestCase(201, 0, 0, 0)]
    [TestCase(201, 1, 0, 1)]
    [TestCase(210, 1, 0, 1)]
    [TestCase(211, 1, 0, 0)]
    [TestCase(200, 0, 1, 1)]
    [TestCase(105, 2, 1, 2)]
    [TestCase(111, 2, 1, 1)]
    [TestCase(100, 1, 2, 2)]
    public void What_was_told_lasts_until_one_more_percent_is_free(long free, int known, int level, int after)
    {
        var standing = CapacityNotices.LevelOf(Row(free), new GuardSettings());
        Assert.That((standing.Level, standing.After(known)), Is.EqualTo((level, after)));
    }

    [TestCase(13, 0, 1)]
    [TestCase(14, 0, 1)]
    [TestCase(15, 0, 0)]
    [TestCase(15, 1, 1)]
    [TestCase(21, 1, 1)]
    [TestCase(22, 1, 0)]
    public void A_forecast_is_told_within_its_time_and_lasts_half_as_long_again(int days, int known, int after)
    {
        var row = Row(500) with { Forecast = new FillForecast { Verdict = FillVerdict.Filling, FullAt = Now.AddDays(days) } };
        Assert.That(CapacityNotices.SoonFull(row, Now, Within).After(known), Is.EqualTo(after));
    }

    [TestCase(FillVerdict.Full)]
    [TestCase(FillVerdict.NotFilling)]
    [TestCase(FillVerdict.TooFewSamples)]
    public void What_does_not_fill_is_not_about_to_be_full(FillVerdict verdict) =>
        Assert.That(CapacityNotices.SoonFull(Row(500) with { Forecast = new FillForecast { Verdict = verdict } }, Now, Within).After(1), Is.Zero);

    [Test]
    public async Task The_figures_of_a_datastore_that_is_gone_go_and_those_of_a_vcenter_that_is_away_stay()
    {
        var metrics = new ServiceMetrics();
        metrics.Capacity([Row(1), Row(2) with { Name = "gone" }, Row(3) with { Vcenter = "away" }], ["vc", "away"]);
        metrics.Points(new Backups([Vm("vc", "web01"), Vm("away", "db01")], [], [], new Dictionary<string, Failure>()));
        metrics.Capacity([Row(1)], ["vc"]);
        metrics.Points(new Backups([], [], [], new Dictionary<string, Failure> { ["away"] = new("C", "away", "read", "gone", "") }));
        using var text = new MemoryStream();
        await metrics.Registry.CollectAndExportAsTextAsync(text);
        var shown = System.Text.Encoding.UTF8.GetString(text.ToArray());
        Assert.That(shown, Does.Contain("vmproxy_datastore_free_bytes{vcenter=\"vc\",datastore=\"ds\"}").And.Contain("vmproxy_datastore_level{vcenter=\"away\",datastore=\"ds\"}"));
        Assert.That(shown, Does.Not.Contain("gone").And.Not.Contain("web01").And.Contain("vm=\"db01\""));
    }

    static VmBackups Vm(string vcenter, string name) => new(new CoveredVm(vcenter, "uuid", name, "vm", VmCoverage.Covered, [], Scheduled: true), Now, Now);

    static DatastoreCapacity Row(long free) => new()
    {
        Vcenter = "vc", Name = "ds", Id = "1", Type = "VMFS", CapacityBytes = 1000, FreeBytes = free, Level = CapacityLevels.Of(free, 1000, new GuardSettings()),
        Forecast = new FillForecast { Verdict = FillVerdict.TooFewSamples }, SwapBytes = 0, Accessible = true, VirtualMachines = 0, Snapshots = 0, SnapshotBytes = 0, BelowFloor = false,
    };
}
