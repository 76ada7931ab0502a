using VmProxy.Engine.Backup;
using VmProxy.Engine.Care;
using VmProxy.Engine.Points;
using VmProxy.Engine.Sessions;
using VmProxy.LabTesting;

namespace VmProxy.Engine.Tests;

/// <summary>A crash at every journalled step leaves nothing behind after the next run, and no half point.</summary>
[Category("Slow")]
sealed class CrashTests : EngineFixture
{
    public static IEnumerable<string> Moments =>
        from change in new[] { "tracking", "snapshot", "attach" }
        from moment in new[] { "planning", "planned", "made", "made.recorded" }
        select $"{change}.{moment}";

    public static IEnumerable<string> Endings =>
        from change in new[] { "attach", "snapshot" }
        from moment in new[] { "gone", "gone.recorded" }
        select $"{change}.{moment}";

    [TestCaseSource(nameof(Moments))]
    [TestCaseSource(nameof(Endings))]
    [TestCase("commit.before")]
    [TestCase("commit.after")]
    public async Task The_next_run_finds_and_undoes_it(string moment)
    {
        await StartAsync(options =>
        {
            options.VirtualMachines.Add(LabBench.Vm("web01", changeTracking: false));
            options.VirtualMachines.Add(LabBench.Vm("web02"));
        });
        var earlier = Only(await BackupAsync(null, "web02"));

        var crash = new CrashAt(moment);
        var dying = OpenSession(new SessionParts { Checkpoints = crash, Processes = crash });
        var run = new BackupJob(dying, null).RunAsync(new BackupRequest { VirtualMachines = ["web01"] }, default);
        Assert.That(await Task.WhenAny(crash.Crashed, run), Is.SameAs(crash.Crashed), "the run ended before the crash");

        await using var next = OpenSession(new SessionParts { Processes = new AfterCrash() });
        var swept = await new Janitor(next).RunAsync(default);
        Assert.That(swept.Errors, Is.Empty);
        Assert.That(Bench.Leftovers(), Is.Empty);
        var points = (await new PointShelf(next).ListAsync(null, default)).Points;
        var committed = moment is "commit.after" or "snapshot.gone" or "snapshot.gone.recorded";
        Assert.That(points.Select(point => point.VirtualMachine), Is.EquivalentTo(committed ? ["web01", "web02"] : new[] { "web02" }));
        Assert.That((await VerifyAllAsync()).Points, Has.All.Matches<Verify.VerifiedPoint>(point => point.Whole));

        var report = await new BackupJob(next, null).RunAsync(new BackupRequest(), default);
        Assert.That(report.VirtualMachines.Select(vm => vm.Outcome), Is.All.EqualTo(Outcome.Done), string.Join("\n", report.VirtualMachines.Select(vm => vm.Error)));
        Assert.That(Bench.Leftovers(), Is.Empty);
        await ExpectRestoredAsync(report.VirtualMachines[0]);
        Assert.That(earlier.Point, Is.EqualTo(points.First(point => point.VirtualMachine == "web02").Id));
        Assert.That((await new Janitor(next).RunAsync(default)).ClosedEntries, Is.Zero);
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
}
