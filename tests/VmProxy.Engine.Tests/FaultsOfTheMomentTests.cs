using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Points;
using VmProxy.Engine.Sessions;
using VmProxy.LabTesting;

namespace VmProxy.Engine.Tests;

/// <summary>What goes wrong in the middle: a cancellation, a lost lease, an operator at work.</summary>
[Category("Slow")]
sealed class FaultsOfTheMomentTests : EngineFixture
{
    [TestCase("tracking.planned")]
    [TestCase("snapshot.planned")]
    [TestCase("snapshot.made")]
    [TestCase("attach.planned")]
    [TestCase("attach.made.recorded")]
    [TestCase("commit.before")]
    public async Task A_cancelled_run_takes_everything_back_at_once(string moment)
    {
        await StartAsync(options => options.VirtualMachines.Add(LabBench.Vm("web01", changeTracking: false)));
        using var cancelled = new CancellationTokenSource();
        await using var session = OpenSession(new SessionParts { Checkpoints = new AtMoment(moment, cancelled.CancelAsync) });
        Assert.That(
            async () => await new BackupJob(session, null).RunAsync(new BackupRequest(), cancelled.Token).WaitAsync(TimeSpan.FromSeconds(60)),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Bench.Leftovers(), Is.Empty);
        var catalog = await session.CatalogAsync(default);
        Assert.That((await catalog.Journal.ListOpenAsync(default)).Where(record => record.Entry.Kind != JournalKind.ChangeTracking), Is.Empty);
        var points = (await new PointShelf(session).ListAsync(null, default)).Points;
        Assert.That(points, Is.Empty);
        var next = Only(await BackupAsync());
        await ExpectRestoredAsync(next);
        Assert.That(await catalog.Journal.ListOpenAsync(default), Is.Empty);
    }

    [Test]
    public async Task A_cancelled_run_tells_what_it_had_done_before()
    {
        await StartAsync(options => options.VirtualMachines.AddRange([LabBench.Vm("vm1"), LabBench.Vm("vm2"), LabBench.Vm("vm3")]));
        Bench.Job["Limits"] = new System.Text.Json.Nodes.JsonObject { ["ConcurrentVms"] = 1 };
        using var cancelled = new CancellationTokenSource();
        var snapshots = 0;
        await using var session = OpenSession(new SessionParts
        {
            Checkpoints = new AtEach(async moment =>
            {
                if (moment == "snapshot.made.recorded" && ++snapshots == 2)
                {
                    await cancelled.CancelAsync();
                }
            }),
        });
        var report = Assert.ThrowsAsync<BackupCancelledException>(() => new BackupJob(session, null).RunAsync(new BackupRequest(), cancelled.Token))!.Report;
        Assert.That((report.Outcome, report.Error!.Code), Is.EqualTo((Outcome.Failed, ReasonCodes.Cancelled)));
        Assert.That(report.VirtualMachines.Select(vm => (vm.Name, vm.Outcome, vm.Error?.Code)), Is.EqualTo(new[]
        {
            ("vm1", Outcome.Done, null), ("vm2", Outcome.Failed, ReasonCodes.Cancelled), ("vm3", Outcome.Failed, ReasonCodes.Cancelled),
        }));
        Assert.That(report.VirtualMachines[0].Point, Is.Not.Null);
        var catalog = await session.CatalogAsync(default);
        Assert.That((await catalog.Runs.FindAsync(report.RunId, default))!.Outcome, Is.EqualTo(RunOutcome.Cancelled));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task A_lease_that_is_lost_discards_the_point_and_says_so()
    {
        await StartAsync();
        ProxySession session = null!;
        session = OpenSession(new SessionParts { Checkpoints = new AtMoment("attach.made.recorded", LoseAsync) });
        await using (session)
        {
            var vm = Only(await new BackupJob(session, null).RunAsync(new BackupRequest(), default), Outcome.Failed);
            Assert.That(vm.Error!.Code, Is.EqualTo(ReasonCodes.LeaseLost));
            Assert.That((await new PointShelf(session).ListAsync(null, default)).Points, Is.Empty);
        }

        Assert.That(Bench.Leftovers(), Is.Empty);

        async Task LoseAsync()
        {
            var catalog = await session.CatalogAsync(default);
            foreach (var run in await catalog.Runs.ListAsync(new RunFilter { RunningOnly = true }, default))
            {
                Assert.That(await catalog.Runs.TryMarkCrashedAsync(run.Lease, default), Is.True);
            }
        }
    }

    [Test]
    public async Task Work_that_is_stopped_by_a_lost_lease_is_a_failure_and_no_cancellation()
    {
        await StartAsync();
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        var configuration = Engine.Configuration.ProxyConfiguration.Load(Bench.ConfigurationFile, new Dictionary<string, string>());
        await using var session = new ProxySession(configuration, clock, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        await using var run = await RunScope.BeginAsync(session, RunKind.Backup, null, null, default);
        var catalog = await session.CatalogAsync(default);
        await catalog.Runs.EndAsync(run.Id, RunOutcome.Failed, null, null, default);
        var work = run.DoAsync(async token =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            return true;
        });
        clock.Advance(RunLease.HeartbeatInterval);
        Assert.That(async () => await work.WaitAsync(TimeSpan.FromSeconds(30)), Throws.InstanceOf<EngineException>().With.Property("Failure").Property("Code").EqualTo(ReasonCodes.LeaseLost));
    }

    [Test]
    public async Task An_operator_who_detaches_our_disk_does_no_harm_to_what_is_left()
    {
        await StartAsync();
        Bench.Root["Transports"]!["HotAdd"]!["DeviceTimeout"] = "00:00:01";
        var vm = await DuringAsync("attach.made.recorded", () =>
        {
            Bench.Lab.Control.Operator.DetachForeignDisks("vmproxy");
            return Task.CompletedTask;
        });
        if (vm.Point is null)
        {
            Assert.That(vm.Error!.Code, Does.StartWith("HOTADD_").Or.StartWith("BLOCK"));
        }
        else
        {
            await ExpectRestoredAsync(vm);
        }

        Assert.That(Bench.Leftovers(), Is.Empty);
        await ExpectRestoredAsync(Only(await BackupAsync()));
    }

    [TestCase("attach.made.recorded")]
    [TestCase("attach.gone.recorded")]
    public async Task A_revert_during_the_backup_gives_no_wrong_point(string moment)
    {
        await StartAsync();
        Only(await BackupAsync());
        await Bench.Lab.Control.Operator.CreateSnapshotAsync("web01", "before");
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 1 << 20, 300_000, seed: 3);
        var vm = await DuringAsync(moment, () => Bench.Lab.Control.Operator.RevertAsync("web01", "before"));
        if (vm.Point is not null)
        {
            await ExpectRestoredAsync(vm);
        }

        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 3 << 20, 300_000, seed: 4);
        var next = (await BackupAsync()).VirtualMachines.Single();
        Assert.That(next.Error, Is.Null);
        await ExpectRestoredAsync(next);
        Assert.That(Bench.Leftovers(), Is.EqualTo(new[] { "web01: snapshot before" }));
    }

    [Test]
    public async Task A_datastore_that_fills_up_in_the_middle_gives_a_point_or_a_failure()
    {
        await StartAsync();
        var vm = await DuringAsync("attach.made.recorded", () =>
        {
            Bench.Lab.Control.ArmFault("full-datastore");
            return Task.CompletedTask;
        });
        if (vm.Point is not null)
        {
            await ExpectRestoredAsync(vm);
        }

        Bench.Lab.Control.DisarmFault();
        await ExpectRestoredAsync(Only(await BackupAsync()));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [TestCase("snapshot.made.recorded")]
    [TestCase("attach.made.recorded")]
    public async Task Sessions_that_end_in_the_middle_are_renewed(string moment)
    {
        await StartAsync();
        var vm = await DuringAsync(moment, () =>
        {
            Bench.Lab.Control.ExpireSessions();
            return Task.CompletedTask;
        });
        await ExpectRestoredAsync(vm);
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    async Task<VmReport> DuringAsync(string moment, Func<Task> action)
    {
        await using var session = OpenSession(new SessionParts { Checkpoints = new AtMoment(moment, action) });
        return (await new BackupJob(session, null).RunAsync(new BackupRequest(), default).WaitAsync(TimeSpan.FromSeconds(60))).VirtualMachines.Single();
    }
}
