using VmProxy.Engine.Backup;
using VmProxy.Engine.Care;
using VmProxy.Engine.Points;
using VmProxy.Engine.Sessions;
using VmProxy.Lab;
using VmProxy.LabTesting;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Tests;

/// <summary>What a run read at its beginning, or is about to say at its end, may no longer be so: it looks again, and tells what is.</summary>
[Category("Slow")]
sealed class ChangedMeanwhileTests : EngineFixture
{
    [TestCase("snapshot.planning")]
    [TestCase("snapshot.planned")]
    public async Task A_disk_that_the_vm_was_given_after_the_inventory_was_read_is_backed_up_too(string moment)
    {
        await StartAsync();
        var vm = await DuringAsync(moment, () => Bench.Lab.Control.Operator.AddDiskAsync(
            "web01", new LabDiskOptions { Size = 4 << 20, Data = [new LabDataOptions { Length = 1 << 20, Seed = 5 }] }));
        Assert.That(vm.Error, Is.Null);
        Assert.That(vm.Disks.Select(disk => disk.Label), Is.EqualTo(new[] { "Hard disk 1", "Hard disk 2" }));
        await ExpectRestoredAsync(vm);
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [TestCase("independent_persistent", "", EligibilityCodes.Independent)]
    [TestCase("persistent", "Hard disk 2", ReasonCodes.DiskExcluded)]
    public async Task A_disk_that_came_meanwhile_and_is_left_out_is_named(string mode, string exclude, string code)
    {
        await StartAsync();
        if (exclude.Length > 0)
        {
            Bench.Job["ExcludeDisks"] = new System.Text.Json.Nodes.JsonArray(exclude);
        }

        var vm = await DuringAsync("snapshot.planning", () => Bench.Lab.Control.Operator.AddDiskAsync("web01", new LabDiskOptions { Size = 4 << 20, Mode = mode }));
        Assert.That(vm.ExcludedDisks.Select(disk => (disk.Label, disk.Code)), Is.EqualTo(new[] { ("Hard disk 2", code) }));
        Assert.That(vm.Disks, Has.Count.EqualTo(1));
        Assert.That(vm.Warnings.Concat(vm.Notes).Select(said => said.Code), Has.Member(code));
    }

    [Test]
    public async Task A_vm_that_was_encrypted_before_its_turn_came_is_not_stored_in_clear()
    {
        var last = LabBench.Vm("web02");
        var proxy = LabBench.Vm("vmproxy");
        proxy.EncryptionKey = "key-2";
        await StartAsync(options => options.VirtualMachines.AddRange([LabBench.Vm("web01"), last, proxy]));
        Bench.Root["Repositories"]!.AsArray().Add(new System.Text.Json.Nodes.JsonObject { ["Name"] = "clear", ["Path"] = Bench["clear"], ["Encryption"] = "none" });
        Bench.Job["Repository"] = "clear";
        Bench.Job["Limits"] = new System.Text.Json.Nodes.JsonObject { ["ConcurrentVms"] = 1 };
        await using var session = OpenSession(new SessionParts
        {
            Checkpoints = new AtMoment("snapshot.made", () =>
            {
                last.EncryptionKey = "key-1";
                return Task.CompletedTask;
            }),
        });
        await new RepositoryCare(session).InitializeAsync("clear", default);
        var report = await new BackupJob(session, null).RunAsync(new BackupRequest(), default);
        Assert.That(report.VirtualMachines.Select(vm => vm.Error?.Code), Is.EqualTo(new[] { null, ReasonCodes.EncryptedIntoClear }));
    }

    [TestCase("commit.after")]
    [TestCase("snapshot.gone")]
    [TestCase("snapshot.gone.recorded")]
    public async Task A_point_that_was_made_before_the_run_was_cancelled_is_told_and_recorded(string moment)
    {
        await StartAsync();
        using var cancelled = new CancellationTokenSource();
        await using var session = OpenSession(new SessionParts { Checkpoints = new AtMoment(moment, cancelled.CancelAsync) });
        var report = await new BackupJob(session, null).RunAsync(new BackupRequest(), cancelled.Token);
        var vm = Only(report);
        Assert.That((await new PointShelf(session).ListAsync(null, default)).Points.Select(point => point.Id), Is.EqualTo(new[] { vm.Point }));
        var catalog = await session.CatalogAsync(default);
        Assert.That((await catalog.Runs.ListVmsAsync(report.RunId, default)).Select(recorded => recorded.PointId), Is.EqualTo(new[] { vm.Point }));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task A_disk_on_a_proxy_whose_configuration_the_server_cannot_tell_is_not_taken_for_detached()
    {
        var proxy = LabBench.Vm("vmproxy");
        await StartAsync(options => options.VirtualMachines.AddRange([LabBench.Vm("web01"), LabBench.Vm("web02"), proxy]));
        Bench.Job["Vms"] = new System.Text.Json.Nodes.JsonArray("web01");
        var crash = new CrashAt("attach.made.recorded");
        _ = new BackupJob(OpenSession(new SessionParts { Checkpoints = crash, Processes = crash }), null).RunAsync(new BackupRequest(), default);
        await crash.Crashed;
        await Bench.Lab.Control.Operator.CreateSnapshotAsync("web02", "theirs");

        await using var next = OpenSession(new SessionParts { Processes = new AfterCrash() });
        proxy.ConnectionState = "inaccessible";
        var swept = await new Janitor(next).RunAsync(default);
        Assert.That((swept.RemovedSnapshots.Count, swept.DetachedDisks.Count, swept.OtherSnapshots.Count), Is.EqualTo((0, 0, 1)), string.Join("\n", swept.Errors));
        Assert.That(swept.Errors.Select(error => error.Code), Is.EqualTo(new[] { VsphereErrorCodes.InvalidState, ReasonCodes.DiskHeld, VsphereErrorCodes.InvalidState }));

        proxy.ConnectionState = "connected";
        swept = await new Janitor(next).RunAsync(default);
        Assert.That((swept.RemovedSnapshots.Count, swept.DetachedDisks.Count, swept.Errors.Count), Is.EqualTo((1, 1, 0)));
        Assert.That(Bench.Leftovers(), Is.EqualTo(new[] { "web02: snapshot theirs" }));
    }

    [Test]
    public async Task A_proxy_that_cannot_be_looked_at_during_the_detach_keeps_the_snapshot_until_it_can()
    {
        var proxy = LabBench.Vm("vmproxy");
        await StartAsync(options => options.VirtualMachines.AddRange([LabBench.Vm("web01"), proxy]));
        var vm = await DuringAsync("attach.made.recorded", () =>
        {
            proxy.ConnectionState = "inaccessible";
            return Task.CompletedTask;
        });
        Assert.That(vm.Warnings.Select(warning => warning.Code), Is.EqualTo(new[] { ReasonCodes.SnapshotLeft }));
        Assert.That(Bench.Leftovers(), Has.Count.EqualTo(2), string.Join("\n", Bench.Leftovers()));

        proxy.ConnectionState = "connected";
        await using var next = OpenSession();
        var swept = await new Janitor(next).RunAsync(default);
        Assert.That((swept.RemovedSnapshots.Count, swept.DetachedDisks.Count, swept.Errors.Count), Is.EqualTo((1, 1, 0)));
        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    async Task<VmReport> DuringAsync(string moment, Func<Task> action)
    {
        await using var session = OpenSession(new SessionParts { Checkpoints = new AtMoment(moment, action) });
        return (await new BackupJob(session, null).RunAsync(new BackupRequest(), default).WaitAsync(TimeSpan.FromSeconds(60))).VirtualMachines.Single();
    }
}
