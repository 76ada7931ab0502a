using System.Text.Json.Nodes;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Points;
using VmProxy.Lab;
using VmProxy.LabTesting;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Tests;

/// <summary>Disks that a job leaves out.</summary>
sealed class ExcludeDisksTests : EngineFixture
{
    static readonly VirtualMachine Vm = new()
    {
        Id = new ObjectId("VirtualMachine", "vm-1"),
        Name = "web01",
        HasConfiguration = true,
        ConnectionState = "connected",
        Disks =
        [
            new VirtualDisk { Key = 2000, Label = "Hard disk 1", ControllerType = "ParaVirtualSCSIController", UnitNumber = 0, BackingKind = DiskBackingKind.Flat },
            new VirtualDisk { Key = 2001, Label = "Hard disk 2", ControllerType = "ParaVirtualSCSIController", UnitNumber = 1, BackingKind = DiskBackingKind.Flat },
        ],
    };

    [TestCase("Hard disk 2", true)]
    [TestCase("hard DISK 2", true)]
    [TestCase("2001", true)]
    [TestCase("scsi0:1", true)]
    [TestCase("web*/scsi0:1", true)]
    [TestCase("WEB01/2001", true)]
    [TestCase("Hard disk", false)]
    [TestCase("200", false)]
    [TestCase("db*/scsi0:1", false)]
    [TestCase("sata0:1", false)]
    public void A_disk_is_named_by_label_key_or_place_of_all_vms_or_of_some(string entry, bool fits)
    {
        var exclusions = new DiskExclusions([entry]);
        var verdict = exclusions.Apply(Vm, Eligibility.Judge(Vm));
        Assert.That(verdict.Disks.Select(disk => disk.IsIncluded), Is.EqualTo(new[] { true, !fits }));
        Assert.That(verdict.Findings.Select(finding => finding.Code), Is.EqualTo(fits ? [ReasonCodes.DiskExcluded] : Array.Empty<string>()));
        Assert.That(exclusions.WithoutMatch("nightly", [Vm]).Select(failure => failure.Code), Is.EqualTo(fits ? Array.Empty<string>() : [ReasonCodes.ExclusionUnmatched]));
    }

    [Test]
    public async Task A_disk_that_the_job_leaves_out_is_named_in_result_and_point_and_is_no_warning()
    {
        await StartAsync(Two);
        Exclude("web*/scsi0:1");
        var report = await BackupAsync();
        var vm = Only(report);
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Done), string.Join('\n', report.Warnings));
        Assert.That(vm.Disks.Select(disk => disk.Key), Is.EqualTo(new[] { 2000 }));
        Assert.That(vm.ExcludedDisks.Select(disk => (disk.Key, disk.Label, disk.Code)), Is.EqualTo(new[] { (2001, "Hard disk 2", ReasonCodes.DiskExcluded) }));
        await using var session = OpenSession();
        var point = await new PointShelf(session).ShowAsync(vm.Point!, default);
        Assert.That(point.ExcludedDisks.Single().Reason, Does.Contain("web*/scsi0:1").And.Contain(ReasonCodes.DiskExcluded));
        await ExpectRestoredAsync(vm);
    }

    [Test]
    public async Task An_entry_that_fits_nothing_is_a_warning_of_the_run()
    {
        await StartAsync(Two);
        Exclude("db*/scsi0:1");
        var report = await BackupAsync();
        Assert.That((report.Outcome, report.VirtualMachines.Single().Outcome), Is.EqualTo((Outcome.Warning, Outcome.Done)));
        Assert.That(report.Warnings.Single().Message, Does.Contain("db*/scsi0:1"));
        Assert.That(report.VirtualMachines.Single().Disks, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task An_entry_for_a_vm_of_the_job_that_is_not_in_this_run_is_no_warning()
    {
        await StartAsync(options =>
        {
            Two(options);
            options.VirtualMachines.Add(LabBench.Vm("db01", 1 << 20));
            options.VirtualMachines[^1].Disks.Add(new LabDiskOptions { Size = 1 << 20, Controller = "sata" });
        });
        Exclude("sata0:0");
        Assert.That((await BackupAsync(null, "web01")).Outcome, Is.EqualTo(Outcome.Done));
    }

    [Test]
    public void A_disk_that_no_snapshot_holds_is_no_warning_once_the_job_leaves_it_out()
    {
        var vm = Vm with { Disks = [Vm.Disks[0], Vm.Disks[1] with { DiskMode = "independent_persistent" }] };
        Assert.That(Findings(vm, "Hard disk 1"), Is.EquivalentTo(new[] { EligibilityCodes.Independent, EligibilityCodes.NoDisks, ReasonCodes.DiskExcluded }));
        Assert.That(Findings(vm, "scsi0:1"), Is.EqualTo(new[] { ReasonCodes.DiskExcluded }));
    }

    [Test]
    public void A_job_that_leaves_out_all_disks_is_told()
        => Assert.That(Findings(Vm, "Hard disk 1", "Hard disk 2"), Is.EqualTo(new[] { ReasonCodes.DiskExcluded, ReasonCodes.DiskExcluded, EligibilityCodes.NoDisks }));

    static IEnumerable<string> Findings(VirtualMachine vm, params string[] entries) =>
        new DiskExclusions(entries).Apply(vm, Eligibility.Judge(vm)).Findings.Select(finding => finding.Code);

    static void Two(LabOptions options)
    {
        options.VirtualMachines.Add(LabBench.Vm("web01", 2 << 20));
        options.VirtualMachines[0].Disks.Add(new LabDiskOptions { Size = 1 << 20, Data = [new LabDataOptions { Length = 4096, Seed = 2 }] });
    }

    void Exclude(params string[] entries) => Bench.Job["ExcludeDisks"] = new JsonArray([.. entries.Select(entry => (JsonNode)entry)]);
}
