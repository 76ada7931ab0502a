using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Capacity;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Reports;
using VmProxy.Engine.Verify;
using VmProxy.Lab;
using VmProxy.LabTesting;
using VmProxy.Service.Notifications;

namespace VmProxy.Service.Tests;

/// <summary>A month of the whole service: guests change every day, a VM fails, a datastore is full, the service is away for a night.</summary>
[Category("Slow")]
[SupportedOSPlatform("linux")]
sealed class ThirtyNightsTests : ServiceFixture
{
    const int Nights = 30;
    const int FailingFrom = 8, FailingTo = 9;
    const int FullNight = 15;
    const int AwayNight = 20;

    // What the keep rules of the job ask for.
    const int Daily = 7, Weekly = 4;

    readonly Dictionary<string, List<DateTimeOffset>> _expected = new() { ["web01"] = [], ["db01"] = [] };

    DateTimeOffset _start;

    [Test]
    public async Task Points_retention_and_what_is_told_are_as_expected()
    {
        await PrepareAsync(options =>
        {
            options.Datastores.AddRange([new LabDatastoreOptions { Name = "large" }, new LabDatastoreOptions { Name = "small" }]);
            options.VirtualMachines.Add(LabBench.Vm("web01", 4 << 20));
            var db = LabBench.Vm("db01", 4 << 20);
            db.Datastore = "small";
            options.VirtualMachines.Add(db);
            options.VirtualMachines.Add(LabBench.Vm("forgotten", 1 << 20));
        });
        Configure();
        _start = new DateTimeOffset(Clock.Now.UtcDateTime.Date.AddHours(12), TimeSpan.Zero);
        await ServeAsync();
        for (var night = 0; night < Nights; night++)
        {
            await ChangeGuestsAsync(night);
            await (night == AwayNight ? AwayAsync(night) : NightAsync(night));
        }

        await StopAsync();
        Assert.That(Bench.Leftovers(), Is.Empty);
        await ExpectPointsAsync();
        ExpectNotices();
        await ExpectSummaryOfEveryNightAsync();
        await ExpectReportsAsync();
    }

    void Configure()
    {
        Bench.Job["Vms"] = new JsonArray("web*", "db*");
        Bench.Job["Keep"] = new JsonObject { ["Daily"] = Daily, ["Weekly"] = Weekly };
        Schedule["Windows"] = new JsonArray("22:00-06:00");
        (Schedule["Retries"], Schedule["RetryAfter"]) = (1, "00:00:00");
        Bench.Root["Repositories"]![0]!["PruneGrace"] = "00:00:00";
        (Bench.Root["Service"]!["JanitorInterval"], Bench.Root["Service"]!["CapacityInterval"]) = ("12:00:00", "06:00:00");
        Bench.Root["Notifications"]!["TimeZone"] = "UTC";
        File.WriteAllText(Bench["before-vm"], $"#!/bin/sh\n[ ! -e '{Bench["fail"]}'-$VMPROXY_VM ]\n");
        File.SetUnixFileMode(Bench["before-vm"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Bench.Job["BeforeVmCommand"] = new JsonArray(Bench["before-vm"]);
    }

    async Task ChangeGuestsAsync(int night)
    {
        foreach (var vm in _expected.Keys)
        {
            await Bench.Lab.Control.Guest.WriteRandomAsync(vm, 0, (night % 16) * 65536L * 4, 65536, night + vm.Length);
        }
    }

    /// <summary>From one noon to the next.</summary>
    async Task NightAsync(int night)
    {
        var fails = night is >= FailingFrom and <= FailingTo;
        if (fails)
        {
            await File.WriteAllTextAsync(Bench["fail-db01"], "");
        }

        if (night == FullNight)
        {
            Bench.Lab.Control.ArmFault("full-datastore:small");
        }

        await PassAsync(_start.AddDays(night + 1));
        File.Delete(Bench["fail-db01"]);
        Bench.Lab.Control.DisarmFault();
        Took("web01", night, hour: 22);
        if (!fails && night != FullNight)
        {
            Took("db01", night, hour: 22);
        }
    }

    /// <summary>The service is away from the evening until two hours past midnight, when the window is still open.</summary>
    async Task AwayAsync(int night)
    {
        await PassAsync(_start.AddDays(night).AddHours(6));
        await StopAsync();
        Clock.JumpTo(_start.AddDays(night).AddHours(14));
        await ServeAsync();
        await SettleAsync();
        await PassAsync(_start.AddDays(night + 1));
        Took("web01", night, hour: 26);
        Took("db01", night, hour: 26);
    }

    void Took(string vm, int night, int hour) => _expected[vm].Add(_start.AddDays(night).AddHours(hour - 12));

    /// <summary>What retention leaves of the nights, by a model of its own, and each of these can be read.</summary>
    async Task ExpectPointsAsync()
    {
        var points = await PointsAsync();
        foreach (var (vm, nights) in _expected)
        {
            var newestFirst = nights.OrderDescending().ToArray();
            var wanted = newestFirst.GroupBy(night => night.UtcDateTime.Date).Take(Daily).Select(day => day.First())
                .Concat(newestFirst.GroupBy(night => (ISOWeek.GetYear(night.UtcDateTime), ISOWeek.GetWeekOfYear(night.UtcDateTime))).Take(Weekly).Select(week => week.First()))
                .Distinct().Order().ToArray();
            Assert.That(wanted, Has.Length.GreaterThan(Daily), "The model wants more than the last week.");
            Assert.That(
                points.Where(point => point.VmName == vm).Select(point => new DateTimeOffset(point.TakenAt.UtcDateTime.Date.AddHours(point.TakenAt.Hour), TimeSpan.Zero)).Order(),
                Is.EqualTo(wanted), vm);
        }

        await using var session = OpenSession();
        var verified = await new VerifyPoints(session, null).RunAsync(null, default);
        Assert.That(verified.Points.Select(point => point.Point), Is.EquivalentTo(points.Select(point => point.Id)));
        Assert.That(verified.Points.Where(point => !point.Whole), Is.Empty);
    }

    void ExpectNotices()
    {
        var told = Receiver.Notices.Where(notice => notice.Kind != NoticeKind.Summary).Select(notice => (Night(notice), notice.Kind, notice.Facts.GetValueOrDefault("code", ""))).ToArray();
        Assert.That(told, Is.EqualTo(new[]
        {
            (FailingFrom, NoticeKind.Failure, ReasonCodes.CommandBeforeFailed),
            (FailingTo, NoticeKind.Failure, ReasonCodes.CommandBeforeFailed),
            // Its newest point is of the night before the first failure: two days and more at the second morning, and recent again at the third.
            (FailingTo, NoticeKind.Missing, "VM_BACKUP_MISSING"),
            (FailingTo + 1, NoticeKind.Missing, "VM_BACKUP_MISSING"),
            // Of the full datastore: as soon as it is seen, when the backup is refused, and when it has room again.
            (FullNight, NoticeKind.Capacity, "DATASTORE_SPACE"),
            (FullNight, NoticeKind.Failure, ReasonCodes.NoRoom),
            (FullNight + 1, NoticeKind.Capacity, ""),
            (AwayNight, NoticeKind.Service, "JOB_MISSED"),
        }), string.Join("\n", Receiver.Notices.Select(notice => $"{notice.Time:u} {notice.Kind} {notice.Title}")));
        Assert.That(Receiver.Notices.Where(notice => notice.Kind == NoticeKind.Failure).Select(notice => notice.Facts["failed"]), Is.All.EqualTo("db01"));
    }

    async Task ExpectSummaryOfEveryNightAsync()
    {
        var summaries = Receiver.Notices.Where(notice => notice.Kind == NoticeKind.Summary).ToArray();
        Assert.That(summaries.Select(Night), Is.EqualTo(Enumerable.Range(0, Nights)));
        foreach (var summary in summaries)
        {
            var night = Night(summary);
            var failed = night is >= FailingFrom and <= FailingTo or FullNight;
            Assert.That(
                (summary.Facts["failed"], summary.Facts["done"], summary.Facts["missing"], summary.Facts["uncovered"]),
                Is.EqualTo((failed ? "db01" : "", failed ? "1" : "2", night == FailingTo ? "db01" : "", "forgotten")), summary.Title);
        }

        await using var session = OpenSession();
        var catalog = await session.CatalogAsync(default);
        Assert.That(await catalog.OutgoingNotices.ListDueAsync(default), Is.Empty);
        Assert.That(await catalog.StandingNotices.ListAsync(NoticeStates.Missing, default), Is.Empty);
    }

    /// <summary>The reports tell the same month: every result of every attempt, and the day on which the small datastore was full.</summary>
    async Task ExpectReportsAsync()
    {
        await using var session = OpenSession();
        var totals = (await new JobsReporter(session).RunAsync(TimeSpan.FromDays(Nights + 1), default)).Totals;
        const int failedNights = FailingTo - FailingFrom + 1 + 1;
        Assert.That((totals.Succeeded + totals.Warnings, totals.Failed), Is.EqualTo(((2 * Nights) - failedNights, 2 * failedNights)), "One attempt and one retry a failed night.");

        var capacity = await new CapacitySampler(session).SampleAsync(default);
        var small = capacity.Datastores.Single(row => row.Name == "small");
        Assert.That(small.History.Where(day => day.FreeBytes == 0).Select(day => day.Day), Is.Not.Empty.And.All.InRange(Day(FullNight), Day(FullNight + 1)));
        Assert.That(capacity.Datastores.Select(row => (row.Level, row.Forecast.Verdict)), Is.All.EqualTo((CapacityLevel.Fine, FillVerdict.NotFilling)));
    }

    DateOnly Day(int night) => DateOnly.FromDateTime(_start.AddDays(night).UtcDateTime);

    /// <summary>The night that a notice is about: from noon to noon.</summary>
    int Night(NoticeDocument notice) => (int)(notice.Time - _start).TotalDays;
}
