using System.Text.Json.Nodes;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Care;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Lab;
using VmProxy.LabTesting;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Tests;

/// <summary>Requirements 1 to 3 and 5 of vSphere backup, by their numbers; 4 and 6 are in LyingServerTests and in VmProxy.Vsphere.Tests.</summary>
sealed class ChangeTrackingRequirementTests : EngineFixture
{
    [Test]
    public async Task Requirement_01_a_disk_whose_capacity_changed_is_read_whole_whatever_the_server_calls_allocated()
    {
        await StartAsync();
        Only(await BackupAsync());
        Bench.Lab.Control.Operator.GrowDisk("web01", 0, 24 << 20);
        var vm = Only(await BackupAsync(), Outcome.Warning);
        ExpectWhole(vm, ChangeTrackingCodes.CapacityChanged);
        await ExpectRestoredAsync(vm);
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 23 << 20, 65536, seed: 1);
        var next = Only(await BackupAsync());
        Assert.That(next.Disks[0].LevelReason, Is.EqualTo(ChangeTrackingCodes.Trusted));
        await ExpectRestoredAsync(next);
    }

    [Test]
    public async Task Requirement_01_a_host_build_that_loses_changes_makes_fulls_of_everything_with_a_warning()
    {
        await StartAsync(options =>
        {
            (options.ProductVersion, options.ProductBuild) = ("6.0.0", "3073146");
            options.VirtualMachines.Add(LabBench.Vm("web01"));
        });
        ExpectWhole(Only(await BackupAsync()), ChangeTrackingCodes.NoBase);
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 0, 65536, seed: 1);
        var vm = Only(await BackupAsync(), Outcome.Warning);
        ExpectWhole(vm, ChangeTrackingCodes.HostBuildKnownBad);
        Assert.That(vm.Warnings.Single().Message, Does.Contain("317933"));
        await ExpectRestoredAsync(vm);
    }

    [Test]
    public async Task Requirement_01_a_reset_switches_off_and_on_again_and_the_next_backup_is_a_full_that_says_so()
    {
        await StartAsync();
        var first = Only(await BackupAsync());
        await using (var session = OpenSession())
        {
            var report = await new ChangeTrackingReset(session).RunAsync(null, "web01", default);
            Assert.That(report, Is.EqualTo(new ChangeTrackingResetReport("web01", ChangeTrackingCodes.Reset)));
        }

        Assert.That(Bench.Lab.Control.State().VirtualMachines.Single(vm => vm.Name == "web01").ChangeTracking);
        Assert.That(Bench.Lab.Control.Snapshots(), Has.Count.EqualTo(3), "two snapshot cycles after the backup's");
        Assert.That(Bench.Leftovers(), Is.Empty);
        var vm = Only(await BackupAsync(), Outcome.Warning);
        Assert.That((vm.Disks[0].Level, vm.Disks[0].LevelReason), Is.EqualTo((BackupLevel.Full, ChangeTrackingCodes.EpochChanged)));
        Assert.That(vm.Point, Is.Not.EqualTo(first.Point));
        await ExpectRestoredAsync(vm);
    }

    [TestCase(true, ChangeTrackingCodes.SnapshotsExist)]
    [TestCase(false, ChangeTrackingCodes.NotEnabled)]
    public async Task Requirement_01_change_tracking_is_reset_only_where_it_is_on_and_there_are_no_snapshots(bool tracking, string code)
    {
        await StartAsync(options => options.VirtualMachines.Add(LabBench.Vm("web01", changeTracking: tracking)));
        if (tracking)
        {
            await Bench.Lab.Control.Operator.CreateSnapshotAsync("web01", "theirs");
        }

        await using var session = OpenSession();
        var refused = Assert.ThrowsAsync<EngineException>(() => new ChangeTrackingReset(session).RunAsync(null, "web01", default));
        Assert.That(refused.Failure.Code, Is.EqualTo(code));
        Assert.That(Bench.Lab.Control.State().VirtualMachines.Single(vm => vm.Name == "web01").ChangeTracking, Is.EqualTo(tracking));
        Assert.That(Bench.Leftovers(), Has.Count.EqualTo(tracking ? 1 : 0));
        Assert.That(await (await session.CatalogAsync(default)).Journal.ListOpenAsync(default), Is.Empty);
    }

    [Test]
    public async Task Requirement_02_under_a_snapshot_of_anybody_change_tracking_stays_off_and_the_result_says_why()
    {
        await StartAsync(options => options.VirtualMachines.Add(LabBench.Vm("web01", changeTracking: false)));
        await Bench.Lab.Control.Operator.CreateSnapshotAsync("web01", "theirs");
        var vm = Only(await BackupAsync(), Outcome.Warning);
        Assert.That(vm.Warnings.Select(warning => warning.Code), Is.EqualTo(new[] { ChangeTrackingCodes.SnapshotsExist }));
        Assert.That(Bench.Lab.Control.State().VirtualMachines.Single(vm => vm.Name == "web01").ChangeTracking, Is.False);
        ExpectWhole(vm, ChangeTrackingCodes.NoBase);
        await ExpectRestoredAsync(vm);
    }

    [Test]
    public async Task Requirement_02_tracking_that_others_switched_on_under_a_snapshot_is_not_believed_until_it_is_reset()
    {
        await StartAsync(options => options.VirtualMachines.Add(LabBench.Vm("web01", changeTracking: false)));
        Bench.Job["EnableChangeTracking"] = false;
        Bench.Job["SpotCheck"] = new JsonObject { ["SharePercent"] = 0 };
        await Bench.Lab.Control.Operator.CreateSnapshotAsync("web01", "theirs");
        Bench.Lab.Control.Operator.SetChangeTracking("web01", true);
        ExpectWhole(Only(await BackupAsync()), ChangeTrackingCodes.NoBase);

        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 65536, 3 * 65536, seed: 1);
        var vm = Only(await BackupAsync(), Outcome.Warning);
        ExpectWhole(vm, ChangeTrackingCodes.StartedUnderSnapshots);
        await ExpectRestoredAsync(vm);

        // The snapshot that would betray it is gone; the epoch is still the same.
        Bench.Lab.Control.Operator.DeleteAllSnapshots("web01");
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 65536, 3 * 65536, seed: 2);
        vm = Only(await BackupAsync(), Outcome.Warning);
        ExpectWhole(vm, ChangeTrackingCodes.StartedUnderSnapshots);
        await ExpectRestoredAsync(vm);

        await using (var session = OpenSession())
        {
            await new ChangeTrackingReset(session).RunAsync(null, "web01", default);
        }

        Only(await BackupAsync(), Outcome.Warning);
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 65536, 3 * 65536, seed: 3);
        vm = Only(await BackupAsync());
        Assert.That(vm.Disks[0].LevelReason, Is.EqualTo(ChangeTrackingCodes.Trusted));
        await ExpectRestoredAsync(vm);
    }

    [Test]
    public async Task Requirement_03_without_a_change_id_the_disk_is_read_in_full_and_changes_count_from_the_first_one()
    {
        await StartAsync(options => options.VirtualMachines.Add(LabBench.Vm("web01", changeTracking: false)));
        Bench.Job["EnableChangeTracking"] = false;
        Only(await BackupAsync());
        var untracked = Only(await BackupAsync(), Outcome.Warning);
        ExpectWhole(untracked, ChangeTrackingCodes.NoChangeId);
        Bench.Job["EnableChangeTracking"] = true;
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 0, 65536, seed: 1);
        var first = Only(await BackupAsync(), Outcome.Warning);
        Assert.That((first.Disks[0].Level, first.Disks[0].LevelReason), Is.EqualTo((BackupLevel.Full, ChangeTrackingCodes.NoChangeId)));
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 1 << 20, 65536, seed: 2);
        var second = Only(await BackupAsync());
        Assert.That((second.Disks[0].Level, second.Disks[0].ReadBytes), Is.EqualTo((BackupLevel.Incremental, 65536L)));
        await ExpectRestoredAsync(second);
    }

    [Test]
    public async Task Requirement_05_what_is_not_listed_in_a_lazy_thick_disk_on_vmfs_reads_as_zeros()
    {
        await StartAsync(options =>
        {
            var vm = LabBench.Vm("web01");
            vm.Disks[0].Thin = false;
            vm.Disks[0].Data.Add(new LabDataOptions { Offset = 12 << 20, Length = 70_000, Seed = 5 });
            options.VirtualMachines.Add(vm);
        });
        Bench.Job["SpotCheck"] = new JsonObject { ["SharePercent"] = 100, ["Blocks"] = 1000 };
        var vm = Only(await BackupAsync());
        Assert.That(vm.Disks[0].AreaBytes, Is.InRange(4 << 20, 8 << 20));
        Assert.That(vm.Disks[0].AreaBytes + vm.Disks[0].CheckedBytes, Is.EqualTo(vm.Disks[0].CapacityBytes), "all the rest was looked at");
        await ExpectRestoredAsync(vm);
    }

    [TestCase("nfs1")]
    [TestCase(null)]
    public async Task Requirement_05_where_allocation_is_not_known_to_be_told_rightly_everything_is_read(string? datastore)
    {
        await StartAsync(options =>
        {
            options.Datastores.Add(new LabDatastoreOptions { Name = "ds1" });
            options.Datastores.Add(new LabDatastoreOptions { Name = "nfs1", Type = "NFS" });
            var vm = LabBench.Vm("web01");
            vm.Disks[0].Datastore = datastore;
            options.VirtualMachines.Add(vm);
        });
        // On NFS its answer would be wrong here; on VMFS it gives none.
        Bench.Lab.Control.ArmFault(datastore is null ? "cbt-fault" : "cbt-missing:rate:0.5", count: 5);

        var vm = Only(await BackupAsync());
        ExpectWhole(vm, ChangeTrackingCodes.NoBase);
        await ExpectRestoredAsync(vm);
    }

    static void ExpectWhole(VmReport vm, string reason) => Assert.That(
        (vm.Disks[0].Level, vm.Disks[0].LevelReason, vm.Disks[0].AreaBytes), Is.EqualTo((BackupLevel.Full, reason, vm.Disks[0].CapacityBytes)));
}
