using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.LabTesting;
using VmProxy.Service.Notifications;
using VmProxy.Service.Scheduling;

namespace VmProxy.Service.Tests;

/// <summary>A job's night: attempts, windows, turns, and what is told.</summary>
[SupportedOSPlatform("linux")]
sealed class JobTests : ServiceFixture
{
    [Test]
    public async Task Only_the_vms_that_failed_are_tried_again_and_a_night_that_ends_well_is_not_told()
    {
        await PrepareAsync(TwoVms);
        (Schedule["Retries"], Schedule["RetryAfter"]) = (2, "00:00:01");
        // Fails for db01, and the first time only.
        Script("[ \"$VMPROXY_VM\" != db01 ] || [ -e \"$0.seen\" ] || { touch \"$0.seen\"; echo not yet; exit 1; }");
        await ServeAsync();
        await PassAsync(Next(23));
        var points = await PointsAsync();
        Assert.That(points.Select(point => point.VmName), Is.EquivalentTo(new[] { "web01", "db01" }));
        Assert.That(points.Select(point => point.RunId).Distinct().Count(), Is.EqualTo(2), "An attempt is a run of its own.");
        Assert.That(Receiver.Notices, Is.Empty);
    }

    [Test]
    public async Task A_vm_that_fails_to_the_end_is_told_once_with_what_its_command_wrote()
    {
        await PrepareAsync(TwoVms);
        (Schedule["Retries"], Schedule["RetryAfter"]) = (1, "00:00:01");
        Script("[ \"$VMPROXY_VM\" != db01 ] || { echo the database is locked; exit 3; }");
        await ServeAsync();
        await PassAsync(Next(23));
        var notice = Receiver.Notices.Single();
        Assert.That((notice.Kind, notice.Severity, notice.Subject), Is.EqualTo((NoticeKind.Failure, NoticeSeverity.Error, "nightly")));
        Assert.That(notice.Title, Is.EqualTo("Job nightly: 1 of 2 VMs failed"));
        Assert.That(notice.Lines[0], Does.Contain("2 attempts").And.Contain("exit code 3: the database is locked").And.Contain(ReasonCodes.CommandBeforeFailed));
        Assert.That((notice.Facts["failed"], notice.Facts["attempts"], notice.Facts["code"]), Is.EqualTo(("db01", "2", ReasonCodes.CommandBeforeFailed)));

        // The log says the same: somebody may have nothing but that.
        await StopAsync();
        var log = string.Concat(Directory.GetFiles(Path.Combine(Bench["state"], "logs")).Select(File.ReadAllText)).Split('\n');
        Assert.That(log.Count(line => line.Contains("the database is locked", StringComparison.Ordinal)), Is.EqualTo(2), "once for each attempt");
        Assert.That(log.Single(line => line.Contains("{Attempts} attempts", StringComparison.Ordinal)), Does.Contain("\"@l\":\"Error\""));
    }

    [Test]
    public async Task Vms_that_have_not_begun_when_the_window_closes_are_told_as_not_done()
    {
        await PrepareAsync(TwoVms);
        Schedule["Windows"] = new JsonArray("21:00-22:30");
        Bench.Job["CommandTimeout"] = "01:00:00";
        (Schedule["Retries"], Schedule["RetryAfter"]) = (3, "00:00:01");
        Bench.Job["Limits"] = new JsonObject { ["ConcurrentVms"] = 1 };
        // The first VM takes its time: when it is done the window has closed.
        Script($"touch '{Bench["begun"]}'; while [ ! -e '{Bench["go on"]}' ]; do sleep 0.05; done");
        await ServeAsync();
        await FireAsync(Next(22));
        // What else is due at that time should have ended: a clock that jumps ends what waits for an answer.
        await UntilAsync(() => File.Exists(Bench["begun"]) && Runner.Running.Count == 1);
        Clock.JumpTo(Clock.Now.AddMinutes(40));
        await File.WriteAllTextAsync(Bench["go on"], "");
        await IdleAsync();
        Assert.That((await PointsAsync()).Select(point => point.VmName), Is.EqualTo(new[] { "db01" }), "The one that had begun is finished.");
        Assert.That(Receiver.Notices, Has.Count.EqualTo(1), string.Join("\n", Receiver.Notices.Select(told => $"{told.Time:u} {told.Title}: {string.Join(" | ", told.Lines)}")));
        var notice = Receiver.Notices.Single();
        Assert.That((notice.Facts["failed"], notice.Facts["attempts"], notice.Facts["code"]), Is.EqualTo(("web01", "1", ReasonCodes.WindowClosed)));
    }

    [Test]
    public async Task A_new_vm_is_taken_and_one_that_no_job_covers_is_in_the_summary()
    {
        await PrepareAsync(options =>
        {
            TwoVms(options);
            options.VirtualMachines.Add(LabBench.Vm("forgotten", 1 << 20));
            options.VirtualMachines.Add(LabBench.Vm("scratch", 1 << 20));
        });
        Bench.Job["Vms"] = new JsonArray("web*", "db*");
        Bench.Job["Exclude"] = new JsonArray("vmproxy", "scratch");
        await ServeAsync();
        await PassAsync(Next(8));
        var summary = Receiver.Notices.Single();
        Assert.That((summary.Kind, summary.Severity), Is.EqualTo((NoticeKind.Summary, NoticeSeverity.Warning)));
        Assert.That(summary.Title, Is.EqualTo("Last night: 2 VMs done, 0 failed, 0 without a recent backup, 1 in no job"));
        Assert.That((summary.Facts["uncovered"], summary.Facts["missing"]), Is.EqualTo(("forgotten", "")));
        Assert.That(summary.Lines, Does.Contain("  lab / forgotten"));
        using var http = new HttpClient { BaseAddress = Service!.Address };
        var metrics = await http.GetStringAsync("/metrics");
        Assert.That(metrics, Does.Contain("vmproxy_vms_uncovered 1").And.Contain("vmproxy_vm_last_good_point_timestamp_seconds{vcenter=\"lab\",vm=\"db01\"}"));
    }

    [Test]
    public async Task What_a_run_did_after_a_summary_is_in_the_next_one()
    {
        await PrepareAsync();
        Schedule["Cron"] = "0 22 * * MON";
        Bench.Job["CommandTimeout"] = "01:00:00";
        Script($"touch '{Bench["begun"]}'; while [ ! -e '{Bench["go on"]}' ]; do sleep 0.05; done; exit 1");
        await ServeAsync();
        await FireAsync(Next(22));
        await UntilAsync(() => File.Exists(Bench["begun"]) && Runner.Running.Count == 1);
        Clock.JumpTo(Clock.Now.AddMinutes(30));
        // A summary in the middle of it.
        await Runner.RunAsync(WorkKey.Summary).WaitAsync(Patience);
        await File.WriteAllTextAsync(Bench["go on"], "");
        await IdleAsync();
        await PassAsync(Next(8));
        var summaries = Receiver.Notices.Where(notice => notice.Kind == NoticeKind.Summary).ToArray();
        Assert.That(summaries.Select(summary => (summary.Facts["done"], summary.Facts["failed"])), Is.EqualTo(new[] { ("0", ""), ("0", "web01") }));
        await PassAsync(Next(8));
        Assert.That(Receiver.Notices.Last(notice => notice.Kind == NoticeKind.Summary).Facts["failed"], Is.Empty, "and in no other");
    }

    [Test]
    public async Task A_datastore_that_no_host_reaches_is_not_told_to_have_room_again_and_one_that_is_gone_has_no_figure()
    {
        await PrepareAsync(options =>
        {
            options.Datastores.AddRange([new Lab.LabDatastoreOptions { Name = "large" }, new Lab.LabDatastoreOptions { Name = "small" }]);
            options.VirtualMachines.Add(LabBench.Vm("web01", 4 << 20));
        });
        Bench.Lab.Control.ArmFault("full-datastore:small");
        await ServeAsync();
        Assert.That(Receiver.Notices.Single().Title, Does.StartWith("Datastore small has only 0 % free (critical)"));
        Bench.Lab.Control.DisarmFault();
        Bench.Lab.Control.Operator.SetDisconnected("small", true);
        await Runner.RunAsync(WorkKey.Capacity).WaitAsync(Patience);
        await Notifier.IdleAsync().WaitAsync(Patience);
        Assert.That(Receiver.Notices, Has.Count.EqualTo(1));
        Bench.Lab.Control.Operator.SetDisconnected("small", false);
        await Runner.RunAsync(WorkKey.Capacity).WaitAsync(Patience);
        await Notifier.IdleAsync().WaitAsync(Patience);
        Assert.That(Receiver.Notices[^1].Title, Does.StartWith("Datastore small has room again"));
    }

    [Test]
    public async Task A_name_that_fits_no_vm_any_more_is_told()
    {
        await PrepareAsync();
        Bench.Job["Vms"] = new JsonArray("web01", "renamed01");
        await ServeAsync();
        await PassAsync(Next(23));
        var notice = Receiver.Notices.Single();
        Assert.That((notice.Kind, notice.Facts["code"]), Is.EqualTo((NoticeKind.Warning, ReasonCodes.SelectionUnmatched)));
        Assert.That(notice.Lines, Has.Some.Contains("'renamed01'"));
    }

    static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, patience.Token);
        }
    }

    static void TwoVms(Lab.LabOptions options)
    {
        options.VirtualMachines.Add(LabBench.Vm("web01", 4 << 20));
        options.VirtualMachines.Add(LabBench.Vm("db01", 4 << 20));
    }

    void Script(string body)
    {
        var path = Bench["before-vm"];
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Bench.Job["BeforeVmCommand"] = new JsonArray(path);
    }
}
