using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using VmProxy.Blocks;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Sessions;
using VmProxy.Service.Configuration;
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
