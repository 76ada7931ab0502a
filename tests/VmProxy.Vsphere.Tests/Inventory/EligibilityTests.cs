namespace VmProxy.Vsphere.Tests.Inventory;

public sealed class EligibilityTests
{
    static readonly VirtualDisk Disk = new()
    {
        Key = 2000,
        Label = "Hard disk 1",
        ControllerKey = 1000,
        UnitNumber = 0,
        CapacityBytes = 1 << 30,
        BackingKind = DiskBackingKind.Flat,
        FileName = "[ds] vm/vm.vmdk",
        DiskMode = "persistent",
    };

    static readonly VirtualMachine Vm = new()
    {
        Id = new ObjectId("VirtualMachine", "vm-1"),
        Name = "vm",
        HasConfiguration = true,
        ConnectionState = "connected",
        PowerState = "poweredOn",
        Disks = [Disk],
        Controllers = [new DiskController(1000, "ParaVirtualSCSIController", 0, "noSharing", 7)],
    };

    [Test]
    public void An_ordinary_vm_is_backed_up_whole()
    {
        var verdict = Eligibility.Judge(Vm);
        Assert.That(verdict.IsEligible);
        Assert.That(verdict.Findings, Is.Empty);
        Assert.That(verdict.Disks.Single().IsIncluded);
    }

    [Test]
    public void Requirement_12_a_template_is_refused() => ExpectRefusal(
        Vm with { IsTemplate = true, SnapshotsSupported = false }, EligibilityCodes.Template);

    [TestCase("orphaned")]
    [TestCase("inaccessible")]
    [TestCase("disconnected")]
    public void A_vm_out_of_reach_is_refused(string state)
        => ExpectRefusal(Vm with { ConnectionState = state, HasConfiguration = false, Disks = [] }, EligibilityCodes.Inaccessible);

    [Test]
    public void A_vm_that_needs_consolidation_is_backed_up_with_a_warning()
    {
        var verdict = Eligibility.Judge(Vm with { ConsolidationNeeded = true });
        Assert.That(verdict.IsEligible);
        Assert.That(verdict.Findings.Select(finding => (finding.Kind, finding.Code)), Is.EqualTo(new[] { (FindingKind.Warning, EligibilityCodes.ConsolidationNeeded) }));
    }

    [Test]
    public void A_vm_of_which_the_server_tells_nothing_is_refused()
        => ExpectRefusal(Vm with { HasConfiguration = false, Disks = [] }, EligibilityCodes.NoConfiguration);

    [TestCase("independent_persistent", DiskBackingKind.Flat, EligibilityCodes.Independent)]
    [TestCase("independent_nonpersistent", DiskBackingKind.Flat, EligibilityCodes.Independent)]
    [TestCase("persistent", DiskBackingKind.RdmPhysical, EligibilityCodes.PhysicalRdm)]
    [TestCase("persistent", DiskBackingKind.LocalPmem, EligibilityCodes.PersistentMemory)]
    [TestCase("undoable", DiskBackingKind.Flat, EligibilityCodes.UnknownMode)]
    public void Requirement_14_a_disk_that_no_snapshot_holds_is_named_and_left_out(string mode, DiskBackingKind backing, string code)
    {
        var other = Disk with { Key = 2001, Label = "Hard disk 2", DiskMode = mode, BackingKind = backing };
        var verdict = Eligibility.Judge(Vm with { Disks = [Disk, other] });
        Assert.That(verdict.IsEligible, "the other disk is still backed up");
        Assert.That(verdict.Disks.Select(disk => disk.IsIncluded), Is.EqualTo(new[] { true, false }));
        Assert.That(verdict.Disks[1].Exclusion!.Code, Is.EqualTo(code));
        Assert.That(verdict.Findings.Single().Kind, Is.EqualTo(FindingKind.Warning));
        Assert.That(verdict.Findings.Single().Reason, Does.Contain("Hard disk 2"));
    }

    [Test]
    public void Requirement_14_a_virtual_mode_rdm_is_a_disk()
        => Assert.That(
            Eligibility.Judge(Vm with { Disks = [Disk with { BackingKind = DiskBackingKind.RdmVirtual }] }).Disks.Single().IsIncluded);

    [TestCase("virtualSharing")]
    [TestCase("physicalSharing")]
    public void Requirement_14_bus_sharing_refuses_the_vm(string sharing)
        => ExpectRefusal(
            Vm with { Controllers = [.. Vm.Controllers, new DiskController(1001, "VirtualLsiLogicSASController", 1, sharing, 7)] },
            EligibilityCodes.BusSharing);

    [Test]
    public void Requirement_14_a_multi_writer_disk_refuses_the_vm()
        => ExpectRefusal(Vm with { Disks = [Disk with { Sharing = "sharingMultiWriter" }] }, EligibilityCodes.MultiWriter);

    [TestCase(26, true, null)]
    [TestCase(27, true, EligibilityCodes.ManySnapshots)]
    [TestCase(30, true, EligibilityCodes.ManySnapshots)]
    [TestCase(31, false, EligibilityCodes.TooManySnapshots)]
    public void Requirement_19_the_depth_of_the_chain_warns_and_then_refuses(int levels, bool eligible, string? code)
    {
        string[] parents = [.. Enumerable.Range(0, levels).Select(i => $"[ds] vm/vm-{i:d6}.vmdk")];
        var verdict = Eligibility.Judge(Vm with { Disks = [Disk with { ParentChain = parents }] });
        Assert.That(verdict.IsEligible, Is.EqualTo(eligible));
        Assert.That(verdict.Findings.SingleOrDefault()?.Code, Is.EqualTo(code));
    }

    [Test]
    public void Requirement_20_unknown_devices_and_backings_are_reported_and_do_not_stop_the_backup()
    {
        var strange = Disk with { Key = 2001, Label = "Hard disk 2", BackingKind = DiskBackingKind.Unknown, BackingTypeName = "VirtualDiskQuantumBackingInfo" };
        var verdict = Eligibility.Judge(
            Vm with { Disks = [Disk, strange], UnknownDevices = [new UnknownDevice(9000, "VirtualQuantumCard", "Card 1", "<device/>")] });
        Assert.That(verdict.IsEligible);
        Assert.That(
            verdict.Findings.Select(finding => finding.Code),
            Is.EqualTo(new[] { EligibilityCodes.UnknownBacking, EligibilityCodes.UnknownDevice }));
        Assert.That(verdict.Findings[0].Reason, Does.Contain("VirtualDiskQuantumBackingInfo"));
    }

    static void ExpectRefusal(VirtualMachine vm, string code)
    {
        var verdict = Eligibility.Judge(vm);
        Assert.That(verdict.IsEligible, Is.False);
        Assert.That(verdict.Findings.Single().Code, Is.EqualTo(code));
        Assert.That(verdict.Findings.Single().Kind, Is.EqualTo(FindingKind.Refusal));
    }
}
