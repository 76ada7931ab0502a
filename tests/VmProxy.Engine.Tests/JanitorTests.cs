using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Care;
using VmProxy.Engine.Sessions;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Tests;

/// <summary>What the janitor takes for ours, what it reports, and how it goes on when something does not work at once.</summary>
sealed class JanitorTests : EngineFixture
{
    static readonly SessionParts AfterTheCrash = new() { Processes = new AfterCrash() };

    static TimeProvider Later { get; } = new LaterTime(TimeSpan.FromMinutes(10));

    [Test]
    public async Task Without_a_journal_the_mark_alone_is_proof_once_a_lease_has_expired()
    {
        await StartAsync();
        await CrashAsync("attach.gone.recorded");
        Bench.LoseCatalog();
        var swept = await SweepAsync();
        Assert.That((swept.RemovedSnapshots.Count, swept.Findings.Count, Bench.Leftovers().Count), Is.EqualTo((0, 0, 1)), "its run may still be alive");
        Assert.That(swept.OwnedByRunningRuns, Is.EqualTo(1), "and whoever asks is told of it");
        swept = await SweepAsync(Later);
        Assert.That((swept.RemovedSnapshots.Count, swept.Errors.Count), Is.EqualTo((1, 0)));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [TestCase("snapshot.made", "vmproxy", "")]
    [TestCase("snapshot.made.recorded", "vmproxy", "")]
    [TestCase("snapshot.made.recorded", "renamed", "edited")]
    public async Task With_an_edited_mark_the_journal_alone_is_proof(string moment, string name, string description)
    {
        await StartAsync();
        await CrashAsync(moment);
        var made = Snapshot();
        Bench.Lab.Control.Operator.EditSnapshot("web01", made.Name, name == "vmproxy" ? made.Name : name, description);
        var swept = await SweepAsync();
        Assert.That((swept.RemovedSnapshots.Count, swept.Errors.Count), Is.EqualTo((1, 0)));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [TestCase("renamed", "edited", 0)]
    [TestCase("vmproxy", "of another", 0)]
    [TestCase("vmproxy", "altered", 1)]
    public async Task With_neither_proof_a_snapshot_is_only_reported(string name, string description, int findings)
    {
        await StartAsync();
        await CrashAsync(name == "vmproxy" && description == "altered" ? "attach.gone.recorded" : "snapshot.made");
        var made = Snapshot();
        if (description == "altered")
        {
            Bench.LoseCatalog();
            description = made.Description[..^3] + (made.Description[^3] == '0' ? '1' : '0') + made.Description[^2..];
        }
        else if (description == "of another")
        {
            description = new OwnershipMark("another", new byte[16]).Create("run", "vc", "vm");
        }

        Bench.Lab.Control.Operator.EditSnapshot("web01", made.Name, name == "vmproxy" ? made.Name : name, description);
        var swept = await SweepAsync(Later);
        Assert.That((swept.RemovedSnapshots.Count, swept.Errors.Count), Is.EqualTo((0, 0)));
        Assert.That(swept.Findings.Select(finding => finding.Code), Is.EqualTo(Enumerable.Repeat(ReasonCodes.NotProvablyOurs, findings)));
        Assert.That(swept.OtherSnapshots.Select(other => other.VirtualMachine), Is.EqualTo(new[] { "web01" }));
        Assert.That(Bench.Leftovers(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_disk_that_the_journal_does_not_know_is_reported_and_keeps_its_snapshot_until_somebody_detaches_it()
    {
        await StartAsync();
        await CrashAsync("attach.made.recorded");
        Bench.LoseCatalog();
        var swept = await SweepAsync(Later);
        Assert.That((swept.RemovedSnapshots.Count, swept.DetachedDisks.Count), Is.EqualTo((0, 0)));
        Assert.That(swept.Findings.Select(finding => finding.Code), Is.EqualTo(new[] { ReasonCodes.ForeignDisk }));
        Assert.That(swept.Errors.Select(error => error.Code), Is.EqualTo(new[] { ReasonCodes.DiskHeld }));
        Assert.That(swept.Errors[0].Message, Does.Contain("vmproxy"));
        Assert.That(Bench.Leftovers(), Has.Count.EqualTo(2));

        Bench.Lab.Control.Operator.DetachForeignDisks("vmproxy");
        swept = await SweepAsync(Later);
        Assert.That((swept.RemovedSnapshots.Count, swept.Errors.Count, swept.Findings.Count), Is.EqualTo((1, 0, 0)));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task Snapshots_of_others_are_reported_with_age_size_and_owner_and_never_touched()
    {
        await StartAsync();
        await Bench.Lab.Control.Operator.CreateSnapshotAsync("web01", "VEEAM BACKUP TEMPORARY SNAPSHOT");
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 0, 3 << 20, seed: 1);
        await Bench.Lab.Control.Operator.CreateSnapshotAsync("web01", "before the upgrade");
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 0, 1 << 20, seed: 2);
        var swept = await SweepAsync(Later);
        Assert.That((swept.Findings.Count, swept.Errors.Count, swept.RemovedSnapshots.Count), Is.EqualTo((0, 0, 0)));
        Assert.That(swept.OtherSnapshots.Select(other => (other.VirtualMachine, other.Name, other.Owner)), Is.EqualTo(new (string, string, string?)[]
        {
            ("web01", "VEEAM BACKUP TEMPORARY SNAPSHOT", "Veeam Backup & Replication"), ("web01", "before the upgrade", null),
        }));
        Assert.That(swept.OtherSnapshots.Select(other => other.AgeSeconds), Is.All.InRange(600, 700));
        Assert.That(swept.OtherSnapshots[0].SizeBytes, Is.InRange(3 << 20, 4 << 20));
        Assert.That(swept.OtherSnapshots[1].SizeBytes, Is.InRange(1 << 20, 2 << 20));
        Assert.That(Bench.Leftovers(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_consolidation_that_fails_is_tried_again_with_back_off_and_at_once_on_command()
    {
        await StartAsync();
        await CrashAsync("attach.made.recorded");
        Assert.That(Bench.Lab.Control.Operator.DeleteAllSnapshots("web01"), Is.False, "the attached disk is locked");
        Bench.Lab.Control.ArmFault("fail-task:ConsolidateVMDisks:NoDiskSpace", count: 100);

        Assert.That(await TriesAsync(SweepOccasion.Schedule), Is.True);
        Assert.That(await TriesAsync(SweepOccasion.RunStart), Is.True, "the first retry comes with the next sweep");
        Assert.That(await TriesAsync(SweepOccasion.Schedule), Is.False);
        Assert.That(await TriesAsync(SweepOccasion.Command), Is.True);
        Assert.That(await TriesAsync(SweepOccasion.Schedule, TimeSpan.FromSeconds(100)), Is.False, "after three failures it waits two minutes");
        Assert.That(await TriesAsync(SweepOccasion.Schedule, TimeSpan.FromSeconds(130)), Is.True);

        Bench.Lab.Control.DisarmFault();
        var swept = await SweepAsync(new LaterTime(TimeSpan.FromHours(2)), SweepOccasion.Schedule);
        Assert.That((swept.Errors.Count, swept.Findings.Count, swept.ClosedEntries), Is.EqualTo((0, 0, 1)));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public void The_back_off_doubles_up_to_an_hour() =>
        Assert.That(
            new[] { 0, 1, 2, 3, 4, 7, 8, 9, 1000 }.Select(attempts => SweepBackoff.Delay(attempts).TotalMinutes),
            Is.EqualTo(new double[] { 0, 0, 1, 2, 4, 32, 60, 60, 60 }));

    [Test]
    public void A_clock_that_was_set_back_holds_no_attempt_up()
    {
        var now = DateTimeOffset.UnixEpoch.AddYears(56);
        Assert.That(SweepBackoff.NotBefore(3, now.AddMinutes(-1), now), Is.EqualTo(now.AddMinutes(1)));
        Assert.That(SweepBackoff.NotBefore(3, now.AddYears(1), now), Is.Null);
    }

    [Test]
    public async Task A_reset_of_change_tracking_that_cannot_be_finished_stays_in_the_journal()
    {
        await StartAsync();
        var crash = new CrashAt(Moments.TrackingOff);
        _ = new ChangeTrackingReset(OpenSession(new SessionParts { Checkpoints = crash, Processes = crash })).RunAsync(null, "web01", default);
        await crash.Crashed;
        await Bench.Lab.Control.Operator.CreateSnapshotAsync("web01", "theirs");
        var swept = await SweepAsync();
        Assert.That(swept.Errors.Select(error => error.Code), Is.EqualTo(new[] { ChangeTrackingCodes.SnapshotsExist }));
        Bench.Lab.Control.Operator.DeleteAllSnapshots("web01");
        swept = await SweepAsync();
        Assert.That((swept.Errors.Count, swept.ClosedEntries), Is.EqualTo((0, 1)));
        Assert.That(Bench.Lab.Control.State().VirtualMachines.Single(vm => vm.Name == "web01").ChangeTracking);
    }

    Lab.Control.LabSnapshotReport Snapshot() => Bench.Lab.Control.State().VirtualMachines.Single(vm => vm.Name == "web01").Snapshots.Single();

    async Task CrashAsync(string moment)
    {
        var crash = new CrashAt(moment);
        var running = new BackupJob(OpenSession(new SessionParts { Checkpoints = crash, Processes = crash }), null).RunAsync(new BackupRequest(), default);
        Assert.That(await Task.WhenAny(crash.Crashed, running), Is.SameAs(crash.Crashed), "the run ended before the crash");
    }

    async Task<JanitorReport> SweepAsync(TimeProvider? time = null, SweepOccasion occasion = SweepOccasion.Command)
    {
        await using var session = OpenSession(AfterTheCrash, time);
        return await new Janitor(session).RunAsync(occasion, default);
    }

    /// <summary>Whether a sweep tries the consolidation; if not, it says that it waits.</summary>
    async Task<bool> TriesAsync(SweepOccasion occasion, TimeSpan later = default)
    {
        int Left() => Bench.Lab.Control.ArmedFaults.Single().Count;
        var before = Left();
        var swept = await SweepAsync(new LaterTime(later), occasion);
        var tried = Left() < before;
        Assert.That((swept.Errors.Count, swept.Findings.Count(finding => finding.Code == ReasonCodes.ConsolidationWaits)), Is.EqualTo(tried ? (1, 0) : (0, 1)));
        return tried;
    }
}
