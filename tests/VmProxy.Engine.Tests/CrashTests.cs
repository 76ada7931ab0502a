using System.Text.Json;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Care;
using VmProxy.Engine.Points;
using VmProxy.Engine.Sessions;
using VmProxy.LabTesting;

namespace VmProxy.Engine.Tests;

/// <summary>
/// A crash at every journalled step: the next start leaves the lab's inventory exactly as it was, but for what a finished step was meant to change, and
/// no half point. The steps are those of <see cref="Moments.All"/>; one that a run passes and that is not among them fails the test.
/// </summary>
[Category("Slow")]
sealed class CrashTests : EngineFixture
{
    static readonly string[] Committed = [Moments.CommitAfter, "snapshot.gone", "snapshot.gone.recorded"];
    static readonly string[] NotTracking = ["tracking.planning", "tracking.planned", "tracking.gone", "tracking.gone.recorded", Moments.TrackingOff];

    static TimeProvider Later { get; } = new LaterTime(TimeSpan.FromMinutes(10));

    public static IEnumerable<string> All => Moments.All;

    [TestCaseSource(nameof(All))]
    public async Task The_next_start_leaves_everything_as_it_was(string moment)
    {
        await StartAsync(options =>
        {
            options.VirtualMachines.Add(LabBench.Vm("web01", changeTracking: false));
            options.VirtualMachines.Add(LabBench.Vm("web02"));
        });
        var earlier = Only(await BackupAsync(null, "web02"));
        var refused = moment.StartsWith("tracking.gone", StringComparison.Ordinal);
        if (refused)
        {
            // Change tracking is not switched on under a snapshot of others.
            await Bench.Lab.Control.Operator.CreateSnapshotAsync("web01", "theirs");
        }

        var before = Inventory(tracking: !NotTracking.Contains(moment));
        var crash = await DieAsync(moment);
        Assert.That(crash.Reached.Except(["heartbeat"]), Is.SubsetOf(Moments.All), "a step that no test crashes at");

        await using var next = OpenSession(new SessionParts { Processes = new AfterCrash() }, Later);
        var swept = await new Janitor(next).RunAsync(default);
        Assert.That(swept.Errors, Is.Empty);
        Assert.That(Inventory(), Is.EqualTo(before));
        var points = (await new PointShelf(next).ListAsync(null, default)).Points;
        Assert.That(points.Select(point => point.VirtualMachine), Is.EquivalentTo(Committed.Contains(moment) ? ["web01", "web02"] : new[] { "web02" }));
        Assert.That((await VerifyAllAsync()).Points, Has.All.Matches<Verify.VerifiedPoint>(point => point.Whole));

        var report = await new BackupJob(next, null).RunAsync(new BackupRequest(), default);
        var expected = refused || moment == Moments.TrackingOff ? new[] { Outcome.Done, Outcome.Warning } : [Outcome.Done, Outcome.Done];
        Assert.That(report.VirtualMachines.Select(vm => vm.Outcome), Is.EquivalentTo(expected), string.Join("\n", report.VirtualMachines.SelectMany(vm => vm.Warnings.Append(vm.Error))));
        Assert.That(Bench.Leftovers(), Has.Count.EqualTo(refused ? 1 : 0));
        await ExpectRestoredAsync(report.VirtualMachines[0]);
        Assert.That(earlier.Point, Is.EqualTo(points.First(point => point.VirtualMachine == "web02").Id));
        Assert.That((await new Janitor(next).RunAsync(default)).ClosedEntries, Is.Zero);
        Assert.That(await (await next.CatalogAsync(default)).Journal.ListOpenAsync(default), Is.Empty);
    }

    [Test]
    public async Task A_snapshot_that_comes_after_the_death_of_its_run_is_removed_by_the_next_one()
    {
        await StartAsync();
        Bench.Lab.Control.ArmFault("delay-task:CreateSnapshotEx:3");
        var crash = new CrashAt("snapshot.made");
        var dying = OpenSession(new SessionParts { Checkpoints = crash, Processes = crash });
        _ = new BackupJob(dying, null).RunAsync(new BackupRequest(), default);
        Assert.That(() => Bench.Lab.Control.ArmedFaults, Is.Empty.After(30_000, 10), "the task has not begun");

        await using var next = OpenSession(new SessionParts { Processes = new AfterCrash() });
        Assert.That(Bench.Leftovers(), Is.Empty, "the task ended too early for this test");
        var swept = await new Janitor(next).RunAsync(default);
        Assert.That(swept.Errors, Is.Empty);
        Assert.That(swept.RemovedSnapshots, Has.Count.EqualTo(1));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task A_run_that_is_alive_is_left_alone()
    {
        await StartAsync();
        var slow = new CrashAt("attach.made.recorded");
        var running = OpenSession(new SessionParts { Checkpoints = slow, Processes = slow });
        _ = new BackupJob(running, null).RunAsync(new BackupRequest(), default);
        await slow.Crashed;

        await using var other = OpenSession(new SessionParts { Processes = slow });
        var swept = await new Janitor(other).RunAsync(default);
        Assert.That((swept.OwnedByRunningRuns, swept.RemovedSnapshots, swept.DetachedDisks), Is.EqualTo((2, Array.Empty<string>(), Array.Empty<string>())));
        Assert.That(Bench.Leftovers(), Has.Count.EqualTo(2));
    }

    /// <summary>Does what passes the moment, in a process that dies there.</summary>
    async Task<CrashAt> DieAsync(string moment)
    {
        var crash = new CrashAt(moment, start: 2);
        var time = TimeProvider.System;
        switch (moment)
        {
            case Moments.TrackingOff:
                await UntilAsync(crash, session => new ChangeTrackingReset(session).RunAsync(null, "web02", default), time);
                break;
            case Moments.SweepTaken or Moments.SweepUndone or Moments.SweepClosed:
                await UntilAsync(new CrashAt("attach.made.recorded"), BackUpAsync, time);
                await UntilAsync(crash, session => new Janitor(session).RunAsync(default), time);
                break;
            case Moments.SweepAdopted:
                // The journal is lost, and the mark alone tells.
                await UntilAsync(new CrashAt("attach.gone.recorded"), BackUpAsync, time);
                Bench.LoseCatalog();
                await UntilAsync(crash, session => new Janitor(session).RunAsync(default), Later);
                break;
            default:
                await UntilAsync(crash, BackUpAsync, time);
                break;
        }

        return crash;
    }

    static Task BackUpAsync(ProxySession session) => new BackupJob(session, null).RunAsync(new BackupRequest { VirtualMachines = ["web01"] }, default);

    async Task UntilAsync(CrashAt crash, Func<ProxySession, Task> work, TimeProvider time)
    {
        var running = work(OpenSession(new SessionParts { Checkpoints = crash, Processes = crash }, time));
        if (await Task.WhenAny(crash.Crashed, running) == running)
        {
            await running;
            Assert.Fail("It ended before the crash.");
        }
    }

    /// <summary>All that the lab holds; with web01's change tracking as it is to be, when that is given.</summary>
    string Inventory(bool? tracking = null)
    {
        var state = Bench.Lab.Control.State();
        var vms = state.VirtualMachines.Select(vm => vm.Name == "web01" ? vm with { ChangeTracking = tracking ?? vm.ChangeTracking } : vm);
        var files = Directory.EnumerateFiles(Bench["lab"], "*", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".vmdk", StringComparison.Ordinal) || file.StartsWith(Bench.Lab.Control.DeviceFolder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
        return JsonSerializer.Serialize(new { vms, state.Datastores, files });
    }
}
