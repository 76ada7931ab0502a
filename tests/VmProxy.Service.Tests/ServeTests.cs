using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Quartz;
using VmProxy.Blocks;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Sessions;
using VmProxy.Service.Configuration;
using VmProxy.Service.Notifications;
using VmProxy.Service.Scheduling;

namespace VmProxy.Service.Tests;

/// <summary>The service from its start to its end.</summary>
sealed class ServeTests : ServiceFixture
{
    [Test]
    public async Task A_job_runs_at_its_time_and_the_service_shows_that_it_lives()
    {
        await PrepareAsync();
        await ServeAsync();
        using var http = new HttpClient { BaseAddress = Service!.Address };
        Assert.That(Service.Address.IsLoopback);
        Assert.That((await http.GetStringAsync("/healthz"), await http.GetStringAsync("/readyz")), Is.EqualTo(("Healthy", "Healthy")));
        Assert.That(await PointsAsync(), Is.Empty);

        await PassAsync(Next(23));
        var point = (await PointsAsync()).Single();
        Assert.That((point.VmName, point.Job, point.TakenAt.Hour), Is.EqualTo(("web01", "nightly", 22)));
        var metrics = await http.GetStringAsync("/metrics");
        Assert.That(metrics, Does.Contain("vmproxy_job_last_outcome{job=\"nightly\"} 0").And.Contain("vmproxy_job_vms_total{job=\"nightly\",outcome=\"done\"} 1")
            .And.Contain("vmproxy_datastore_free_bytes{vcenter=\"lab\"").And.Contain("vmproxy_repository_last_prune_timestamp_seconds{repository=\"main\"}"));
        Assert.That(Receiver.Notices, Is.Empty, "All is well, and the summary is for the morning.");
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task Metrics_go_on_after_a_restart_where_they_were()
    {
        await PrepareAsync();
        await ServeAsync();
        await PassAsync(Next(23));
        string before;
        using (var http = new HttpClient { BaseAddress = Service!.Address })
        {
            before = await http.GetStringAsync("/metrics");
        }

        await StopAsync();
        await ServeAsync();
        using var again = new HttpClient { BaseAddress = Service!.Address };
        var after = await again.GetStringAsync("/metrics");
        Assert.That(after, Does.Contain("vmproxy_job_last_outcome{job=\"nightly\"} 0").And.Contain("vmproxy_job_running{job=\"nightly\"} 0").And.Contain("vmproxy_vms_uncovered "));
        Assert.That(Value(after, "vmproxy_job_last_success_timestamp_seconds"), Is.EqualTo(Value(before, "vmproxy_job_last_success_timestamp_seconds")).Within(60));
        Assert.That(Value(after, "vmproxy_vm_last_good_point_timestamp_seconds"), Is.EqualTo(Value(before, "vmproxy_job_last_end_timestamp_seconds")).Within(3600));

        static double Value(string metrics, string name) => double.Parse(
            metrics.Split('\n').Single(line => line.StartsWith(name + "{", StringComparison.Ordinal)).Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);
    }

    [Test]
    public async Task The_end_of_the_service_ends_a_backup_without_leaving_its_snapshot_and_the_next_start_makes_up_for_it()
    {
        await PrepareAsync();
        var reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Parts = new SessionParts { Source = device => new StuckDevice(device, reading) };
        await ServeAsync();
        await FireAsync(Next(22));
        await reading.Task.WaitAsync(Patience);
        Assert.That(Bench.Leftovers(), Is.Not.Empty, "The snapshot stands while its disks are read.");
        await StopAsync();
        Assert.That(Bench.Leftovers(), Is.Empty);
        Assert.That(await PointsAsync(), Is.Empty);

        Parts = null;
        await ServeAsync();
        Assert.That((await PointsAsync()).Select(point => point.VmName), Is.EqualTo(new[] { "web01" }));
        Assert.That(Receiver.Notices.Single().Facts["code"], Is.EqualTo("JOB_INTERRUPTED"));
    }

    [Test]
    public async Task A_job_that_is_due_while_it_runs_is_told_and_not_begun_again()
    {
        await PrepareAsync();
        var reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Parts = new SessionParts { Source = device => new StuckDevice(device, reading) };
        await ServeAsync();
        await FireAsync(Next(22));
        await reading.Task.WaitAsync(Patience);
        await Runner.RunAsync(WorkKey.Backup("nightly")).WaitAsync(Patience);
        await Runner.RunAsync(WorkKey.Backup("nightly")).WaitAsync(Patience);
        await Notifier.IdleAsync().WaitAsync(Patience);
        Assert.That(Receiver.Notices.Select(notice => notice.Facts.GetValueOrDefault("code")), Is.EqualTo(new[] { ServiceCodes.StillRuns }));
    }

    [Test]
    public async Task An_error_of_the_program_ends_one_piece_of_work_and_is_told()
    {
        await PrepareAsync();
        Parts = new SessionParts { Source = _ => throw new InvalidOperationException("a bug") };
        await ServeAsync();
        await FireAsync(Next(22));
        await IdleAsync();
        Assert.That(Receiver.Notices.Select(notice => notice.Facts.GetValueOrDefault("code")), Is.EqualTo(new[] { ServiceCodes.Bug }));
        Assert.That(Bench.Leftovers(), Is.Empty);
        Parts = null;
        await PassAsync(Next(22));
        Assert.That(await PointsAsync(), Has.Count.EqualTo(1), "the next night is as any other");
    }

    [Test]
    public async Task A_run_that_was_missed_is_made_up_for_once()
    {
        await PrepareAsync();
        await ServeAsync();
        await StopAsync();
        Clock.JumpTo(Clock.Now.AddDays(3));
        await ServeAsync();
        await SettleAsync();
        Assert.That(await PointsAsync(), Has.Count.EqualTo(1));
        Assert.That(Receiver.Notices.Count(notice => notice.Facts.GetValueOrDefault("code") == "JOB_MISSED"), Is.EqualTo(1));
        await PassAsync(Next(23));
        Assert.That(await PointsAsync(), Has.Count.EqualTo(2), "And goes on by schedule.");
    }

    [Test]
    public async Task A_missed_run_outside_of_its_windows_or_that_is_not_wanted_is_told_and_not_made_up_for()
    {
        await PrepareAsync();
        Schedule["Windows"] = new JsonArray("22:00-06:00");
        await ServeAsync();
        await StopAsync();
        Clock.JumpTo(Clock.Now.AddDays(1));
        await ServeAsync();
        await SettleAsync();
        Assert.That(await PointsAsync(), Is.Empty);
        Assert.That(Receiver.Notices.Select(notice => notice.Facts.GetValueOrDefault("code")), Does.Contain("JOB_MISSED").And.Contain(ReasonCodes.WindowClosed));

        await StopAsync();
        Schedule["RunMissed"] = false;
        Schedule.AsObject().Remove("Windows");
        await ServeAsync();
        await StopAsync();
        Clock.JumpTo(Clock.Now.AddDays(1));
        await ServeAsync();
        await SettleAsync();
        Assert.That(await PointsAsync(), Is.Empty);
    }

    [Test]
    public async Task A_new_configuration_is_followed_and_a_wrong_one_is_refused_and_told()
    {
        await PrepareAsync();
        await ServeAsync();
        var reload = Service!.Services.GetRequiredService<ConfigurationReload>();
        await File.WriteAllTextAsync(Bench.ConfigurationFile, "{ \"VmProxy\": { \"Jobz\": [] } }");
        Assert.That(await reload.ReloadAsync(default), Is.False);
        await Notifier.IdleAsync().WaitAsync(Patience);
        Assert.That(Receiver.Notices.Single().Facts["code"], Is.EqualTo(ConfigurationException.Invalid));
        Assert.That((await Triggers.ListAsync(default)).Select(entry => entry.Work), Does.Contain(WorkKey.Backup("nightly")), "The old one stays.");

        Schedule["Cron"] = "30 3 * * *";
        Bench.Root["Jobs"]!.AsArray().Add(new JsonObject { ["Name"] = "weekly", ["Vms"] = new JsonArray("web*"), ["Schedule"] = new JsonObject { ["Cron"] = "0 1 * * SUN" } });
        Bench.SaveConfiguration();
        // The file is looked at every five seconds.
        Clock.JumpTo(Clock.Now.AddSeconds(6));
        await UntilAsync(async () => (await Triggers.ListAsync(default)).Any(entry => entry.Work == WorkKey.Backup("weekly")));
        var list = await Triggers.ListAsync(default);
        Assert.That(list.Single(entry => entry.Work == WorkKey.Backup("nightly")).Next, Is.EqualTo(Next(3).AddMinutes(30)));
        Assert.That(list.Single(entry => entry.Work == WorkKey.Backup("weekly")).Next!.Value.DayOfWeek, Is.EqualTo(DayOfWeek.Sunday));

        Bench.Root["Jobs"]!.AsArray().RemoveAt(1);
        Bench.SaveConfiguration();
        Assert.That(await reload.ReloadAsync(default));
        Assert.That((await Triggers.ListAsync(default)).Select(entry => entry.Work), Does.Not.Contain(WorkKey.Backup("weekly")));
    }

    [Test]
    public async Task An_address_that_is_taken_is_told_with_what_to_do()
    {
        await PrepareAsync();
        var taken = new Uri(Receiver.Url).Port;
        Bench.Root["Service"]!["Http"]!["Port"] = taken;
        Bench.SaveConfiguration();
        var service = ProxyService.Create(new ServiceOptions { ConfigurationFile = Bench.ConfigurationFile, Environment = new Dictionary<string, string>(), Time = Clock.Time });
        await using (service)
        {
            var exception = Assert.ThrowsAsync<Engine.Failures.EngineException>(() => service.StartAsync(default));
            Assert.That((exception!.Failure.Code, exception.Failure.Next), Is.EqualTo(("SERVICE_ADDRESS_UNUSABLE", "Choose another address or port (VmProxy:Service:Http), or end the other service.")));
        }
    }

    [Test]
    public async Task A_second_service_on_the_state_folder_is_refused_and_touches_nothing()
    {
        await PrepareAsync();
        var reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Parts = new SessionParts { Source = device => new StuckDevice(device, reading) };
        await ServeAsync();
        await FireAsync(Next(22));
        await reading.Task.WaitAsync(Patience);
        await using (var second = CreateService())
        {
            var exception = Assert.ThrowsAsync<Engine.Failures.EngineException>(() => second.StartAsync(default));
            Assert.That(exception!.Failure.Code, Is.EqualTo(ServiceCodes.AlreadyServes));
        }

        await Notifier.IdleAsync().WaitAsync(Patience);
        Assert.That(Receiver.Notices, Is.Empty, "What the first one does is not interrupted.");
        Assert.That(Runner.Running, Does.Contain(WorkKey.Backup("nightly")));
        Parts = null;
        await StopAsync();
        await ServeAsync();
        Assert.That(await PointsAsync(), Has.Count.EqualTo(1), "And when the first one has ended, another may begin.");
    }

    [Test]
    public async Task A_job_that_waited_for_its_turn_when_the_service_ended_is_made_up_for_too()
    {
        await PrepareAsync();
        Bench.Root["Service"]!["ConcurrentJobs"] = 1;
        var second = Bench.Job.DeepClone();
        second["Name"] = "second";
        second["Schedule"]!["Priority"] = 1;
        Bench.Root["Jobs"]!.AsArray().Add(second);
        var reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Parts = new SessionParts { Source = device => new StuckDevice(device, reading) };
        await ServeAsync();
        await FireAsync(Next(22));
        await reading.Task.WaitAsync(Patience);
        await UntilAsync(() => Task.FromResult(Runner.Running.Count == 2));
        await StopAsync();
        Parts = null;
        await ServeAsync();
        Assert.That((await PointsAsync()).Select(point => point.Job), Is.EquivalentTo(new[] { "nightly", "second" }));
        Assert.That(Receiver.Notices.Select(notice => (notice.Subject, notice.Facts["code"])), Is.EquivalentTo(new[] { ("nightly", "JOB_INTERRUPTED"), ("second", "JOB_INTERRUPTED") }));
        await StopAsync();
        await ServeAsync();
        Assert.That(((await PointsAsync()).Count, Receiver.Notices.Count), Is.EqualTo((2, 2)), "once");
    }

    [Test]
    public async Task A_run_that_was_missed_is_made_up_for_also_when_its_schedule_was_changed_meanwhile()
    {
        await PrepareAsync();
        await ServeAsync();
        await StopAsync();
        Clock.JumpTo(Clock.Now.AddDays(1));
        Schedule["Cron"] = "30 3 * * *";
        await ServeAsync();
        Assert.That(await PointsAsync(), Has.Count.EqualTo(1));
        Assert.That(Receiver.Notices.Where(notice => notice.Kind != NoticeKind.Summary).Select(notice => notice.Facts["code"]), Is.EqualTo(new[] { "JOB_MISSED" }));
    }

    [Test]
    [Category("Slow")]
    public async Task A_run_that_was_missed_while_the_machine_slept_is_told()
    {
        await PrepareAsync();
        Schedule["RunMissed"] = false;
        await ServeAsync();
        Clock.JumpTo(Clock.Now.AddHours(14));
        await SettleAsync();
        // Quartz looks once a minute, by the machine's clock.
        using var patience = new CancellationTokenSource(2 * Patience);
        while (Receiver.Notices.Count == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        }

        Assert.That(await PointsAsync(), Is.Empty);
        Assert.That(Receiver.Notices.Select(notice => notice.Facts.GetValueOrDefault("code")), Is.EqualTo(new[] { "JOB_MISSED" }));
    }

    [Test]
    public async Task A_clock_that_was_years_ahead_and_is_set_back_leaves_the_next_night_where_it_is()
    {
        await PrepareAsync();
        await ServeAsync();
        var now = Clock.Now;
        await StartAheadAsync(now.AddYears(10));
        Assert.That((await Triggers.ListAsync(default)).Select(entry => entry.Next!.Value.Year), Is.All.GreaterThanOrEqualTo(2036));
        Clock.Time.AdjustTime(now);
        await Watch.LookAsync(Patience, default);
        Assert.That((await Triggers.ListAsync(default)).Single(entry => entry.Work == WorkKey.Backup("nightly")).Next, Is.EqualTo(Next(22)));

        // And the same over a restart.
        await StartAheadAsync(now.AddYears(10));
        await StopAsync();
        Clock.Time.AdjustTime(now.AddDays(2));
        await ServeAsync();
        Assert.That((await Triggers.ListAsync(default)).Select(entry => entry.Next!.Value), Is.All.LessThan(now.AddDays(4)));
    }

    /// <summary>The service starts with a clock that is wrong: one that runs would do all that falls due on the way.</summary>
    async Task StartAheadAsync(DateTimeOffset wrong)
    {
        await StopAsync();
        Clock.JumpTo(wrong);
        await ServeAsync();
        await SettleAsync();
    }

    [Test]
    public async Task A_clock_that_is_corrected_by_a_moment_runs_nothing_twice()
    {
        await PrepareAsync();
        await ServeAsync();
        await PassAsync(Next(22).AddSeconds(2));
        Clock.Time.AdjustTime(Clock.Now.AddSeconds(-30));
        await Watch.LookAsync(Patience, default);
        Assert.That((await Triggers.ListAsync(default)).Single(entry => entry.Work == WorkKey.Backup("nightly")).Next, Is.EqualTo(Next(22).AddDays(1)));
    }

    [Test]
    public async Task A_schedule_that_does_not_fire_is_told_once_and_readiness_says_so_until_it_fires()
    {
        await PrepareAsync();
        await ServeAsync();
        var quartz = await Service!.Services.GetRequiredService<ISchedulerFactory>().GetScheduler(default);
        await quartz.Standby(default);
        Clock.JumpTo(Next(22).AddMinutes(10));
        using var http = new HttpClient { BaseAddress = Service.Address };
        for (var look = 1; look <= 4; look++)
        {
            await Watch.LookAsync(TimeSpan.FromMilliseconds(200), default);
            using var answer = await http.GetAsync("/readyz");
            Assert.That((Watch.IsStuck, answer.StatusCode), Is.EqualTo(look < 3 ? (false, HttpStatusCode.OK) : (true, HttpStatusCode.ServiceUnavailable)), $"look {look}");
        }

        await Notifier.IdleAsync().WaitAsync(Patience);
        var told = Receiver.Notices.Single(notice => notice.Facts.GetValueOrDefault("code") == ServiceCodes.ScheduleStuck);
        Assert.That((told.Severity, told.Lines[0]), Is.EqualTo((NoticeSeverity.Error, "What was put on the schedule for now was not begun within 0 s.")));

        await quartz.Start(default);
        await SettleAsync();
        await Watch.LookAsync(Patience, default);
        Assert.That((Watch.IsStuck, await http.GetStringAsync("/readyz")), Is.EqualTo((false, "Healthy")));
        Assert.That(await PointsAsync(), Has.Count.EqualTo(1), "the night is made up for");
    }

    [Test]
    public async Task A_damaged_file_of_the_schedule_is_put_aside_and_told_and_the_nights_go_on()
    {
        await PrepareAsync();
        await ServeAsync();
        await StopAsync();
        await using (var session = OpenSession())
        {
            await File.WriteAllTextAsync(ScheduleFile.Of(session.Settings.State.Folder), "this was a database, and then the disk was full");
            await ServeAsync();
            Assert.That(File.Exists(ScheduleFile.Of(session.Settings.State.Folder) + ".damaged"));
        }

        Assert.That(Receiver.Notices.Select(notice => notice.Facts["code"]), Is.EqualTo(new[] { ServiceCodes.ScheduleDamaged }));
        await PassAsync(Next(23));
        Assert.That(await PointsAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_night_without_a_catalog_is_told_each_time_and_what_is_done_every_hour_once()
    {
        await PrepareAsync();
        await ServeAsync();
        await using var session = OpenSession();
        var catalog = session.Settings.CatalogPath;
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(catalog)!, Path.GetFileName(catalog) + "*"))
        {
            File.Move(file, file + ".away");
        }

        Directory.CreateDirectory(catalog);
        await PassAsync(Next(22).AddMinutes(1));
        Assert.That(Receiver.Notices.Where(notice => notice.Kind == NoticeKind.Failure).Select(notice => (notice.Subject, notice.Severity)), Is.EqualTo(new[] { ("nightly", NoticeSeverity.Error) }));
        Assert.That(
            Receiver.Notices.Where(notice => notice.Kind == NoticeKind.Service).Select(notice => notice.Subject), Is.EquivalentTo(new[] { "janitor", "capacity", "prune:main" }), "of ten hours once");
        await PassAsync(Next(22).AddMinutes(1));
        Assert.That(Receiver.Notices.Count(notice => notice.Kind == NoticeKind.Failure), Is.EqualTo(2));
        Assert.That(Receiver.Notices.Count(notice => notice.Subject == "summary"), Is.EqualTo(1), "nor is the summary left out without a word");

        Directory.Delete(catalog);
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(catalog)!, "*.away"))
        {
            File.Move(file, file[..^".away".Length]);
        }

        await PassAsync(Next(22).AddMinutes(1));
        Assert.That(await PointsAsync(), Has.Count.EqualTo(1));
        Assert.That(Receiver.Notices.Select(notice => notice.Title), Does.Contain("capacity works again").And.Contain("janitor works again"));
    }

    [Test]
    public async Task A_service_starts_and_tells_when_it_cannot_use_its_catalog()
    {
        await PrepareAsync();
        await using var session = OpenSession();
        var catalog = session.Settings.CatalogPath;
        Directory.CreateDirectory(catalog);
        await ServeAsync();
        Assert.That(Receiver.Notices.Select(notice => notice.Subject), Does.Contain("catalog"));
        Assert.That((await Triggers.ListAsync(default)).Select(entry => entry.Work), Does.Contain(WorkKey.Backup("nightly")));
        Directory.Delete(catalog);
    }

    [Test]
    public async Task A_vcenter_that_is_away_is_in_the_summary_and_its_vms_are_not_told_to_be_well()
    {
        await PrepareAsync();
        var away = Bench.Root["VCenters"]![0]!.DeepClone();
        (away["Name"], away["Url"]) = ("away", "https://127.0.0.1:9/");
        Bench.Root["VCenters"]!.AsArray().Add(away);
        Bench.Job["VCenter"] = "lab";
        (Bench.Root["Service"]!["JanitorInterval"], Bench.Root["Service"]!["CapacityInterval"]) = ("7.00:00:00", "7.00:00:00");
        await ServeAsync();
        await using var session = OpenSession();
        var catalog = await session.CatalogAsync(default);
        foreach (var subject in new[] { "away / db01", "away2 / db01" })
        {
            await catalog.StandingNotices.UpdateAsync(NoticeStates.Missing, subject, 1, TimeSpan.FromDays(7), default);
            await catalog.StandingNotices.UpdateAsync(NoticeStates.Capacity, subject, 1, TimeSpan.FromDays(7), default);
        }

        await PassAsync(Next(8));
        await Runner.RunAsync(WorkKey.Capacity).WaitAsync(Patience);
        var summary = Receiver.Notices.Single(notice => notice.Kind == NoticeKind.Summary);
        Assert.That((summary.Severity, summary.Facts["away"], summary.Facts["done"]), Is.EqualTo((NoticeSeverity.Error, "away", "1")));
        Assert.That(summary.Lines, Has.Some.Contains(Vsphere.VsphereErrorCodes.Unreachable));
        Assert.That(summary.Title, Does.EndWith(", away not readable"));
        Assert.That((await catalog.StandingNotices.ListAsync(NoticeStates.Missing, default)).Select(notice => notice.Subject), Is.EqualTo(new[] { "away / db01" }));
        Assert.That((await catalog.StandingNotices.ListAsync(NoticeStates.Capacity, default)).Select(notice => notice.Subject), Does.Contain("away / db01"));
    }

    ScheduleWatch Watch => Service!.Services.GetRequiredService<ScheduleWatch>();

    static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, patience.Token);
        }
    }

    /// <summary>A device whose reads never come back, but for the end of who reads.</summary>
    sealed class StuckDevice(IBlockDevice inner, TaskCompletionSource reading) : IBlockDevice
    {
        public long Length => inner.Length;

        public int SectorSize => inner.SectorSize;

        public int PreferredReadSize => inner.PreferredReadSize;

        public int MaxInFlight => inner.MaxInFlight;

        public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            reading.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }

        public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken) => inner.RunsAsync(offset, length, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
