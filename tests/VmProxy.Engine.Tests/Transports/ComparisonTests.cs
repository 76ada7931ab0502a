using VmProxy.Engine.Backup;
using VmProxy.Engine.Care;
using VmProxy.Engine.Compare;
using VmProxy.Engine.Sessions;
using VmProxy.Lab;

namespace VmProxy.Engine.Tests.Transports;

/// <summary><c>doctor --compare VM</c>: what reads the same as another transport is proved, for hosts of this build and disks of this form.</summary>
sealed class ComparisonTests : EngineFixture
{
    [Test]
    public async Task Transports_that_read_the_same_are_proved_and_then_chosen_automatically()
    {
        await StartAsync();
        var lab = new LabTransport(Bench) { NeedsProof = true };
        Assert.That(Only(await BackupAsync(lab)).Disks[0].Transport, Is.EqualTo("hotadd"));
        var report = await CompareAsync(lab);
        Assert.That((report.Outcome, report.Warnings.Count), Is.EqualTo((Outcome.Done, 0)));
        var disk = report.Disks.Single();
        Assert.That(disk.Form, Is.EqualTo("vmfs5/flat/thin/base"));
        Assert.That(disk.DataBlocks, Is.InRange(20, disk.Blocks));
        Assert.That(disk.Transports.Select(one => (one.Transport, one.Verdict)), Is.EqualTo(new[] { ("hotadd", ComparisonVerdict.Proven), ("lab", ComparisonVerdict.Proven) }));
        Assert.That(Only(await BackupAsync(lab)).Disks[0].Transport, Is.EqualTo("lab"));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task A_transport_that_reads_other_bytes_is_named_and_loses_its_proof()
    {
        await StartAsync();
        await CompareAsync(new LabTransport(Bench) { NeedsProof = true });
        var liar = new LabTransport(Bench) { NeedsProof = true, LiesFrom = 0 };
        var report = await CompareAsync(liar);
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Failed), "what is said to be proved, and what needs no proof, contradict each other");
        Assert.That(report.Warnings.Select(warning => warning.Code), Has.Some.EqualTo(ReasonCodes.TransportsDiffer));
        Assert.That(report.Disks[0].Transports.Single(one => one.Transport == "lab"), Is.EqualTo(new ComparedTransport("lab", ComparisonVerdict.Differs, 0, null)));
        await using var session = OpenSession();
        Assert.That((await (await session.CatalogAsync(default)).Proofs.ListAsync(default)).Select(proof => proof.Transport), Has.None.EqualTo("lab"));
    }

    [Test]
    public async Task A_disk_of_another_form_is_not_proved_with_it()
    {
        await StartAsync();
        var lab = new LabTransport(Bench) { NeedsProof = true };
        await CompareAsync(lab);
        await Bench.Lab.Control.Operator.CreateSnapshotAsync("web01", "now a chain");
        Assert.That(Only(await BackupAsync(lab)).Disks[0].Transport, Is.EqualTo("hotadd"));
    }

    [Test]
    public async Task A_single_transport_proves_nothing()
    {
        await StartAsync();
        await using var session = OpenSession();
        var report = await new TransportComparison(session).RunAsync("web01", default);
        Assert.That((report.Outcome, report.Warnings.Single().Code), Is.EqualTo((Outcome.Warning, ReasonCodes.NotCompared)));
        Assert.That(await (await session.CatalogAsync(default)).Proofs.ListAsync(default), Is.Empty);
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task Zeros_prove_nothing()
    {
        await StartAsync(options => options.VirtualMachines.Add(new LabVmOptions { Name = "web01", Disks = [new LabDiskOptions { Size = 1 << 20 }] }));
        var report = await CompareAsync(new LabTransport(Bench) { NeedsProof = true });
        Assert.That(report.Disks[0].Transports.Select(one => one.Verdict), Is.All.EqualTo(ComparisonVerdict.NotCompared));
        Assert.That(report.Warnings.Single().Code, Is.EqualTo(ReasonCodes.NotCompared));
    }

    [Test]
    public async Task A_transport_that_fails_is_told_and_the_others_are_compared()
    {
        await StartAsync();
        var report = await CompareAsync(new LabTransport(Bench), new LabTransport(Bench, "other") { FailsToOpen = true });
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Warning));
        Assert.That(
            report.Disks[0].Transports.Select(one => (one.Transport, one.Verdict, one.Failure?.Code)),
            Is.EqualTo(new[] { ("hotadd", ComparisonVerdict.Proven, null), ("lab", ComparisonVerdict.Proven, null), ("other", ComparisonVerdict.Failed, "LAB_REFUSED") }));
    }

    [TestCase("snapshot.made")]
    [TestCase("attach.made")]
    public async Task A_crash_of_a_comparison_leaves_nothing_after_the_next_run(string moment)
    {
        await StartAsync();
        var crash = new CrashAt(moment);
        var dying = OpenSession(new SessionParts { Checkpoints = crash, Processes = crash });
        var run = new TransportComparison(dying).RunAsync("web01", default);
        Assert.That(await Task.WhenAny(crash.Crashed, run), Is.SameAs(crash.Crashed), "the run ended before the crash");
        await using var next = OpenSession(new SessionParts { Processes = new AfterCrash() });
        Assert.That((await new Janitor(next).RunAsync(default)).Errors, Is.Empty);
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    async Task<ComparisonReport> CompareAsync(params LabTransport[] more)
    {
        await using var session = OpenSession(new SessionParts { Transports = new MoreTransports(["hotadd"], more) });
        return await new TransportComparison(session).RunAsync("web01", default);
    }

    async Task<BackupReport> BackupAsync(LabTransport lab)
    {
        await using var session = OpenSession(new SessionParts { Transports = new MoreTransports(["lab", "hotadd"], lab) });
        return await new BackupJob(session, null).RunAsync(new BackupRequest { Level = Engine.Configuration.BackupLevel.Full }, default);
    }
}
