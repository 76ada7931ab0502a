using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Sessions;
using VmProxy.Lab;
using VmProxy.LabTesting;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Tests;

sealed class BackupTests : EngineFixture
{
    [Test]
    public async Task Each_level_restores_what_the_disk_held_at_its_snapshot()
    {
        await StartAsync();
        var full = Only(await BackupAsync());
        Assert.That((full.Disks[0].Level, full.Disks[0].LevelReason), Is.EqualTo((BackupLevel.Full, ChangeTrackingCodes.NoBase)));
        await ExpectRestoredAsync(full);

        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 8 << 20, 100_000, seed: 7);
        var incremental = Only(await BackupAsync());
        Assert.That((incremental.Disks[0].Level, incremental.Disks[0].ReadBytes), Is.EqualTo((BackupLevel.Incremental, 2L * 65536)));
        await ExpectRestoredAsync(incremental);

        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 1 << 20, 65536, seed: 8);
        var differential = Only(await BackupAsync(BackupLevel.Differential));
        Assert.That((differential.Disks[0].Level, differential.Disks[0].ReadBytes), Is.EqualTo((BackupLevel.Differential, 3L * 65536)));
        await ExpectRestoredAsync(differential);

        var again = Only(await BackupAsync(BackupLevel.Full));
        Assert.That((again.Disks[0].Level, again.Disks[0].LevelReason), Is.EqualTo((BackupLevel.Full, ReasonCodes.FullRequested)));
        await ExpectRestoredAsync(again);
        Assert.That(Bench.Leftovers(), Is.Empty);
        var verified = await VerifyAllAsync();
        Assert.That(verified.Points, Has.Count.EqualTo(4).And.All.Matches<Verify.VerifiedPoint>(point => point.Whole));
    }

    [Test]
    public async Task Several_vms_and_disks_go_together()
    {
        await StartAsync(options =>
        {
            for (var i = 0; i < 4; i++)
            {
                var vm = LabBench.Vm($"vm{i}");
                vm.Disks.Add(new LabDiskOptions { Size = 5 << 20, Data = [new LabDataOptions { Offset = 512, Length = 3 << 20, Seed = i }] });
                options.VirtualMachines.Add(vm);
            }
        });
        var report = await BackupAsync();
        Assert.That(report.VirtualMachines.Select(vm => (vm.Name, vm.Outcome, vm.Disks.Count)), Is.EqualTo(Enumerable.Range(0, 4).Select(i => ($"vm{i}", Outcome.Done, 2))));
        foreach (var vm in report.VirtualMachines)
        {
            await ExpectRestoredAsync(vm);
        }

        Assert.That(Bench.Leftovers(), Is.Empty);
    }

    [Test]
    public async Task What_the_guest_writes_during_the_backup_belongs_to_the_next_point()
    {
        await StartAsync();
        Only(await BackupAsync());
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 0, 1 << 20, seed: 1);
        await using var session = OpenSession(new SessionParts
        {
            Checkpoints = new AtMoment("attach.made", () => Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 4 << 20, 1 << 20, seed: 2)),
        });
        var during = Only(await new BackupJob(session, null).RunAsync(new BackupRequest(), default));
        await ExpectRestoredAsync(during);
        var next = Only(await BackupAsync());
        Assert.That(next.Disks[0].ReadBytes, Is.EqualTo(1 << 20));
        await ExpectRestoredAsync(next);
    }

    [Test]
    public async Task A_snapshot_of_others_is_read_through_and_left_alone()
    {
        await StartAsync();
        await Bench.Lab.Control.Operator.CreateSnapshotAsync("web01", "before the upgrade");
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 2 << 20, 300_000, seed: 3);
        var vm = Only(await BackupAsync());
        await ExpectRestoredAsync(vm);
        Assert.That(Bench.Leftovers(), Is.EqualTo(new[] { "web01: snapshot before the upgrade" }));
    }

    [Test]
    public async Task Change_tracking_is_switched_on_by_job_option_and_the_next_run_is_incremental()
    {
        await StartAsync(options => options.VirtualMachines.Add(LabBench.Vm("web01", changeTracking: false)));
        var first = Only(await BackupAsync());
        Assert.That(first.Disks[0].Level, Is.EqualTo(BackupLevel.Full));
        Assert.That(Bench.Lab.Control.State().VirtualMachines.Single(vm => vm.Name == "web01").ChangeTracking, Is.True);
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 0, 65536, seed: 4);
        var second = Only(await BackupAsync());
        Assert.That((second.Disks[0].Level, second.Disks[0].ReadBytes), Is.EqualTo((BackupLevel.Incremental, 65536L)));
        await ExpectRestoredAsync(second);
    }

    [Test]
    public async Task A_reset_of_change_tracking_makes_a_full_with_a_warning_that_says_why()
    {
        await StartAsync();
        Only(await BackupAsync());
        Bench.Lab.Control.Operator.ResetChangeTracking("web01");
        var vm = Only(await BackupAsync(), Outcome.Warning);
        Assert.That((vm.Disks[0].Level, vm.Disks[0].LevelReason), Is.EqualTo((BackupLevel.Full, ChangeTrackingCodes.EpochChanged)));
        Assert.That(vm.Warnings.Select(warning => warning.Code), Is.EqualTo(new[] { ChangeTrackingCodes.EpochChanged }));
        await ExpectRestoredAsync(vm);
    }

    [Test]
    public async Task A_fault_of_change_tracking_makes_a_full_in_the_same_run()
    {
        await StartAsync();
        Only(await BackupAsync());
        Bench.Lab.Control.ArmFault("cbt-fault", count: 10);
        var vm = Only(await BackupAsync(), Outcome.Warning);
        Assert.That((vm.Disks[0].Level, vm.Disks[0].LevelReason), Is.EqualTo((BackupLevel.Full, ChangeTrackingCodes.QueryRefused)));
        await ExpectRestoredAsync(vm);
    }

    [Test]
    public async Task A_grown_disk_is_read_in_full()
    {
        await StartAsync();
        Only(await BackupAsync());
        Bench.Lab.Control.Operator.GrowDisk("web01", 0, 24 << 20);
        var vm = Only(await BackupAsync(), Outcome.Warning);
        Assert.That((vm.Disks[0].LevelReason, vm.Disks[0].CapacityBytes), Is.EqualTo((ChangeTrackingCodes.CapacityChanged, 24L << 20)));
        await ExpectRestoredAsync(vm);
    }

    [Test]
    public async Task A_disk_that_no_snapshot_holds_is_named_and_the_rest_is_backed_up()
    {
        await StartAsync(options =>
        {
            var vm = LabBench.Vm("web01");
            vm.Disks.Add(new LabDiskOptions { Size = 1 << 20, Mode = "independent_persistent" });
            options.VirtualMachines.Add(vm);
        });
        var report = await BackupAsync();
        var web01 = Only(report, Outcome.Warning);
        Assert.That(web01.Warnings.Select(warning => warning.Code), Is.EqualTo(new[] { EligibilityCodes.Independent }));
        Assert.That(web01.Disks, Has.Count.EqualTo(1));
        await ExpectRestoredAsync(web01);
        await using var session = OpenSession();
        var point = await new Points.PointShelf(session).ShowAsync(web01.Point!, default);
        Assert.That(point.ExcludedDisks.Single().Reason, Does.Contain(EligibilityCodes.Independent));
    }

    [Test]
    public async Task The_configuration_travels_with_the_point()
    {
        await StartAsync();
        var vm = Only(await BackupAsync());
        await using var session = OpenSession();
        var point = await new Points.PointShelf(session).ShowAsync(vm.Point!, default);
        Assert.That(point.Files.Select(file => file.Name), Is.SupersetOf(new[] { "configuration.json", "web01.vmx", "web01.nvram" }));
        Assert.That(point.Files.Single(file => file.Name == "configuration.json").Bytes, Is.GreaterThan(100));
    }

    [TestCase(Restore.DiskFormat.Qcow2, "qcow2")]
    [TestCase(Restore.DiskFormat.Vmdk, "vmdk")]
    public async Task Other_formats_hold_the_same_disk_as_qemu_sees_it(Restore.DiskFormat format, string name)
    {
        await StartAsync();
        var vm = Only(await BackupAsync());
        var raw = await RestoreAsync(vm.Point!, vm.Disks[0].Key);
        var other = await RestoreAsync(vm.Point!, vm.Disks[0].Key, format);
        var qemu = Testing.Tool.Require("qemu-img", "qemu-utils");
        await Testing.Tool.RunAsync(qemu, ["compare", "-f", "raw", "-F", name, raw, other]);
    }
}
