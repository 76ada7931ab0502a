using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Guard;
using VmProxy.Engine.Points;
using VmProxy.Engine.Sessions;
using VmProxy.Lab;
using VmProxy.LabTesting;

namespace VmProxy.Engine.Tests.Guard;

/// <summary>A snapshot is watched as long as it exists, and goes in time.</summary>
sealed class WatchTests : GuardFixture
{
    const int Step = 512 << 10;

    [Test]
    public async Task A_datastore_that_fills_during_a_backup_never_runs_full_the_snapshot_goes_the_run_says_why_and_the_vm_runs_on()
    {
        await StartAsync(64, 48, "web01");
        Bench.Guard["FreeSpace"] = "4 MiB";
        Bench.Guard["WatchInterval"] = "00:00:01";
        var earlier = Only(await BackupAsync());

        // The guest writes until all of its disk would be in the delta; merged, that would take twice what the datastore has.
        var givenUp = false;
        Task? guest = null;
        var report = await BackupAsync(new SessionParts
        {
            Checkpoints = new AtEach(async moment =>
            {
                givenUp |= moment == "guard.givenup";
                if (moment == "attach.made.recorded")
                {
                    guest = WriteUntilSnapshotGoneAsync();
                    await UntilAsync(() => givenUp || guest.IsCompleted);
                }
            }),
        });
        await guest!;

        var vm = Only(report, Outcome.Failed);
        Assert.That((vm.Error!.Code, vm.Error.Object), Is.EqualTo((GuardCodes.Filling, "web01 / datastore ds1")));
        Assert.That(vm.Error.Message, Does.Contain("snapshot removed").And.Contain("of 64.0 MiB were free"));
        Assert.That(Datastore().LowestFree, Is.Positive, "it never ran full");
        Assert.That((Vm("web01").Stopped, Vm("web01").Snapshots.Count, Vm("web01").ConsolidationNeeded), Is.EqualTo((0, 0, false)));
        Assert.That(Bench.Leftovers(), Is.Empty);
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 0, MiB, seed: 9);

        await using var session = OpenSession();
        Assert.That((await new PointShelf(session).ListAsync(null, default)).Points.Select(point => point.Id), Is.EqualTo(new[] { earlier.Point }));
        Assert.That((await VerifyAllAsync()).Points.Single().Whole, Is.True);
        var catalog = await session.CatalogAsync(default);
        Assert.That((await catalog.Runs.ListVmsAsync(report.RunId, default)).Single().ErrorCode, Is.EqualTo(GuardCodes.Filling));

    }

    [Test]
    public async Task A_vm_that_moved_during_its_backup_is_watched_where_it_is()
    {
        await StartAsync(options =>
        {
            options.Datastores.AddRange([new LabDatastoreOptions { Name = "ds1", Capacity = 1024L * MiB }, new LabDatastoreOptions { Name = "ds2", Capacity = 64L * MiB }]);
            options.VirtualMachines.Add(LabBench.Vm("web01", 48 * MiB));
        });
        Bench.Guard["FreeSpace"] = "4 MiB";
        Bench.Guard["WatchInterval"] = "00:00:01";
        var (moved, givenUp) = (false, false);
        Task? guest = null;
        var vm = Only(
            await BackupAsync(new SessionParts
            {
                Checkpoints = new AtEach(async moment =>
                {
                    givenUp |= moment == "guard.givenup";
                    if (moment == "attach.planning" && !moved)
                    {
                        moved = true;
                        await Bench.Lab.Control.Operator.RelocateAsync("web01", null, "ds2");
                    }
                    else if (moment == "attach.made.recorded")
                    {
                        guest = WriteUntilSnapshotGoneAsync();
                        await UntilAsync(() => givenUp || guest.IsCompleted);
                    }
                }),
            }),
            Outcome.Failed);
        await guest!;
        Assert.That((vm.Error!.Code, vm.Error.Object), Is.EqualTo((GuardCodes.Filling, "web01 / datastore ds2")));
        Assert.That(Datastore("ds2").LowestFree, Is.Positive, "it never ran full");
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    async Task WriteUntilSnapshotGoneAsync()
    {
        for (var offset = 0L; offset < 48L * MiB && Vm("web01").Snapshots.Count > 0; offset += Step)
        {
            await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, offset, Step, seed: 3);
            await SleepAsync(50);
        }
    }

    [Test]
    public async Task A_snapshot_that_comes_of_age_is_removed_and_its_backup_given_up()
    {
        await StartAsync();
        Bench.Guard["SnapshotMaxAge"] = "00:01:00";
        Bench.SaveConfiguration();
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        var configuration = ProxyConfiguration.Load(Bench.ConfigurationFile, new Dictionary<string, string>());
        var givenUp = false;
        var parts = new SessionParts
        {
            Checkpoints = new AtEach(async moment =>
            {
                givenUp |= moment == "guard.givenup";
                if (moment == "attach.made.recorded")
                {
                    clock.Advance(TimeSpan.FromSeconds(61));
                    await UntilAsync(() => givenUp);
                }
            }),
        };
        await using var session = new ProxySession(configuration, clock, NullLoggerFactory.Instance, parts);
        var vm = Only(await new BackupJob(session, null).RunAsync(new BackupRequest(), default).WaitAsync(TimeSpan.FromMinutes(1)), Outcome.Failed);
        Assert.That(vm.Error!.Code, Is.EqualTo(GuardCodes.SnapshotTooOld));
        Assert.That(vm.Error.Message, Does.Contain("1.0 min old, and 1.0 min are allowed"));
        Assert.That(Bench.Leftovers(), Is.Empty);
        Assert.That((await new PointShelf(session).ListAsync(null, default)).Points, Is.Empty);
    }

    [TestCase("fault:RefreshDatastore:HostNotConnected")]
    [TestCase("fault:RefreshStorageInfo:HostNotConnected")]
    public async Task A_watch_that_cannot_look_goes_on_and_is_told_in_the_result(string fault)
    {
        await StartAsync();
        Bench.Guard["WatchInterval"] = "00:00:01";
        var vm = Only(
            await BackupAsync(new SessionParts
            {
                Checkpoints = new AtMoment("attach.made.recorded", async () =>
                {
                    Bench.Lab.Control.ArmFault(fault);
                    await UntilAsync(() => Bench.Lab.Control.ArmedFaults.Count == 0);
                    await SleepAsync(100);
                }),
            }),
            Outcome.Warning);
        Assert.That(vm.Warnings.Select(warning => warning.Code), Is.EqualTo(new[] { GuardCodes.WatchFailed }));
        Assert.That(vm.Warnings[0].Message, Does.Contain("1 looks at its datastores failed"));
        await ExpectRestoredAsync(vm);
    }

    [Test]
    public async Task The_removal_is_timed_and_reported()
    {
        await StartAsync();
        Bench.Lab.Control.ArmFault("delay-task:RemoveSnapshot:0.5");
        var report = await BackupAsync();
        var times = Only(report).Snapshot!;
        Assert.That(times.RemovalMilliseconds, Is.InRange(500, 20_000));
        Assert.That(times.HeldMilliseconds, Is.GreaterThan(times.RemovalMilliseconds));
        await using var session = OpenSession();
        var catalog = await session.CatalogAsync(default);
        Assert.That((await catalog.Runs.ListVmsAsync(report.RunId, default)).Single().Reasons.Select(reason => reason.Code), Has.Member(GuardNotes.SnapshotTimes));
    }

    [Test]
    public void A_trend_is_neither_blind_to_a_flood_nor_frightened_by_one_drop()
    {
        var trend = new FreeSpaceTrend();
        trend.Note(TimeSpan.Zero, 1000);
        Assert.That(trend.ExpectedBytes(TimeSpan.FromSeconds(60)), Is.Zero);
        trend.Note(TimeSpan.FromSeconds(30), 1000);
        trend.Note(TimeSpan.FromSeconds(60), 1000);
        trend.Note(TimeSpan.FromSeconds(90), 910);
        Assert.That(trend.ExpectedBytes(TimeSpan.FromSeconds(60)), Is.EqualTo(90), "at least once more what the last look showed");
        trend.Note(TimeSpan.FromSeconds(120), 820);
        Assert.That(trend.ExpectedBytes(TimeSpan.FromSeconds(240)), Is.EqualTo(360), "the mean rate over the looks");
        trend.Note(TimeSpan.FromSeconds(150), 2000);
        Assert.That(trend.ExpectedBytes(TimeSpan.FromSeconds(60)), Is.Zero, "somebody made room");
    }
}
