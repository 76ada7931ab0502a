using Microsoft.Extensions.Logging.Abstractions;
using VmProxy.Vsphere;
using static VmProxy.Transports.Tests.TestInventory;

namespace VmProxy.Transports.Tests.HotAdd;

[Parallelizable]
sealed class HotAddJudgeTests
{
    [Test]
    public void An_ordinary_disk_is_usable_without_reasons()
    {
        var verdict = Judge(Vm, Disk, Proxy);
        Assert.That(verdict.Usable, Is.True);
        Assert.That(verdict.Reasons, Is.Empty);
        Assert.That(verdict.Transport, Is.EqualTo("hotadd"));
    }

    [Test]
    public void Without_a_configured_proxy_nothing_is_usable([Values(null, "", " ")] string? configured) =>
        ExpectOnly(Judge(Vm, Disk, Proxy, configured), TransportCodes.ProxyNotConfigured);

    [Test]
    public void A_proxy_that_is_not_there_is_said_so() => ExpectOnly(Judge(Vm, Disk, Proxy, "other"), TransportCodes.ProxyNotFound);

    [TestCase("proxy")]
    [TestCase("vm-9")]
    [TestCase("5030D4A5-0000-0000-0000-000000000009")]
    public void The_proxy_is_found_by_name_moid_or_instance_uuid(string configured) =>
        Assert.That(Judge(Vm, Disk, Proxy, configured).Usable, Is.True);

    [Test]
    public void Two_VMs_of_the_proxys_name_are_not_guessed_between() =>
        ExpectOnly(Judge(Vm, Disk, Proxy with { Name = "mail" }, "mail"), TransportCodes.ProxyAmbiguous);

    [Test]
    public void The_proxy_itself_cannot_be_read_through_itself() => ExpectOnly(Judge(Proxy, Disk, Proxy), TransportCodes.VmIsProxy);

    [Test]
    public void A_proxy_that_does_not_run_sees_no_devices() =>
        ExpectOnly(Judge(Vm, Disk, Proxy with { PowerState = "poweredOff" }), TransportCodes.ProxyNotRunning);

    [Test]
    public void Another_datacenter_is_out_of_reach() => ExpectOnly(
        Judge(Vm, Disk, Proxy with { Datacenter = new(new("Datacenter", "datacenter-2"), "Other", "Other") }), TransportCodes.OtherDatacenter);

    [Test]
    public void An_encrypted_VM_needs_an_encrypted_proxy()
    {
        ExpectOnly(Judge(Vm with { IsEncrypted = true }, Disk, Proxy), TransportCodes.ProxyNotEncrypted);
        Assert.That(Judge(Vm with { IsEncrypted = true }, Disk, Proxy with { IsEncrypted = true }).Usable, Is.True);
    }

    [Test]
    public void A_program_outside_a_VMware_VM_sees_no_attached_disk([Values("QEMU", "Dell Inc.")] string vendor)
    {
        using var system = new FakeSystem();
        system.Write("sys/class/dmi/id/sys_vendor", vendor + "\n");
        ExpectOnly(Judge(Vm, Disk, Proxy, root: system.Root), TransportCodes.ProxyNotVm);
    }

    [TestCase("564d1111-2222-3333-4444-555566667777", true)]
    [TestCase("564D1111-2222-3333-4444-555566667777", true)]
    [TestCase("11114d56-2222-3333-4444-555566667777", true, Description = "as older virtual hardware gives it")]
    [TestCase("564d1111-2222-3333-4444-555566667778", false)]
    public void The_configured_proxy_must_be_the_VM_that_this_program_runs_in(string firmware, bool usable)
    {
        using var system = new FakeSystem();
        system.Write("sys/class/dmi/id/sys_vendor", "VMware, Inc.\n");
        system.Write("sys/class/dmi/id/product_uuid", firmware + "\n");
        var verdict = Judge(Vm, Disk, Proxy with { BiosUuid = "564d1111-2222-3333-4444-555566667777" }, root: system.Root);
        Assert.That(verdict.Usable, Is.EqualTo(usable));
        Assert.That(verdict.Reasons.Select(reason => reason.Code), usable ? Is.Empty : Is.EqualTo(new[] { TransportCodes.ProxyOtherMachine }));
    }

    [Test]
    public void Snapshots_of_the_proxy_are_told_and_do_not_block() => ExpectOnly(
        Judge(Vm, Disk, Proxy with { Snapshots = [new(Snapshot, "before the upgrade", "", 1, 1, null, default, "poweredOn", false)] }),
        TransportCodes.ProxyHasSnapshots, usable: true);

    [TestCase("independent_persistent")]
    [TestCase("independent_nonpersistent")]
    public void An_independent_disk_is_in_no_snapshot(string mode) =>
        ExpectOnly(Judge(Vm, Disk with { DiskMode = mode }, Proxy), TransportCodes.DiskIndependent);

    [TestCase(DiskBackingKind.RdmPhysical, TransportCodes.DiskRdm)]
    [TestCase(DiskBackingKind.RdmVirtual, TransportCodes.DiskRdm)]
    [TestCase(DiskBackingKind.LocalPmem, TransportCodes.DiskUnsupported)]
    [TestCase(DiskBackingKind.Unknown, TransportCodes.DiskUnsupported)]
    public void A_backing_that_cannot_be_attached_is_named(DiskBackingKind kind, string code) =>
        ExpectOnly(Judge(Vm, Disk with { BackingKind = kind }, Proxy), code);

    [Test]
    public void An_IDE_disk_cannot_be_hot_added() =>
        ExpectOnly(Judge(Vm, Disk with { ControllerType = "VirtualIDEController" }, Proxy), TransportCodes.DiskIde);

    [Test]
    public void A_disk_without_a_sound_uuid_could_be_mistaken([Values(null, "", "6000C29a", "../../sda")] string? uuid) =>
        ExpectOnly(Judge(Vm, Disk with { Uuid = uuid }, Proxy), TransportCodes.DiskWithoutUuid);

    [Test]
    public void The_proxys_host_must_mount_the_datastore() => ExpectOnly(
        Judge(Vm, Disk, Proxy, datastore: Store with { Mounts = [new(Esx2, "readWrite", true)] }), TransportCodes.DatastoreNotMounted);

    [Test]
    public void A_mount_that_the_proxys_host_cannot_reach_is_none() => ExpectOnly(
        Judge(Vm, Disk, Proxy, datastore: Store with { Mounts = [new(Esx1, "readWrite", false), new(Esx2, "readWrite", true)] }),
        TransportCodes.DatastoreNotMounted);

    [Test]
    public void On_vSAN_the_proxy_must_have_a_disk_there()
    {
        var vsan = Store with { Kind = DatastoreKind.Vsan };
        ExpectOnly(Judge(Vm, Disk, Proxy, datastore: vsan), TransportCodes.VsanMismatch);
        Assert.That(Judge(Vm, Disk, Proxy with { Disks = [Disk] }, datastore: vsan).Usable, Is.True);
    }

    [Test]
    public void NFS_3_across_hosts_is_a_warning_only()
    {
        var verdict = Judge(Vm, Disk, Proxy with { HostId = Esx2 }, datastore: Store with { Kind = DatastoreKind.Nfs });
        ExpectOnly(verdict, TransportCodes.Nfs3CrossHost, usable: true);
    }

    [TestCase(14, true)]
    [TestCase(15, false)]
    public void The_last_free_unit_counts_and_the_controllers_own_does_not(int used, bool usable)
    {
        var disks = Enumerable.Range(0, 16).Where(unit => unit != 7).Take(used)
            .Select(unit => Disk with { Key = 2000 + unit, ControllerKey = 1000, UnitNumber = unit });
        var verdict = Judge(Vm, Disk, Proxy with { Disks = [.. disks] });
        Assert.That(verdict.Usable, Is.EqualTo(usable));
        Assert.That(verdict.Reasons.Select(reason => reason.Code), usable ? Is.Empty : Is.EqualTo(new[] { TransportCodes.NoFreeSlot }));
    }

    [Test]
    public void A_place_that_another_job_uses_will_be_free_again()
    {
        var disks = Enumerable.Range(0, 16).Where(unit => unit != 7).Select(unit => Disk with
        {
            Key = 2000 + unit, ControllerKey = 1000, UnitNumber = unit, FileName = $"[ds1] proxy/{unit}.vmdk",
        }).ToArray();
        disks[3] = disks[3] with { DiskMode = "independent_nonpersistent", FileName = Disk.FileName };
        Assert.That(Judge(Vm, Disk, Proxy with { Disks = disks }).Reasons, Is.Empty);

        disks[3] = disks[3] with { FileName = "[ds1] proxy/scratch.vmdk" };
        ExpectOnly(Judge(Vm, Disk, Proxy with { Disks = disks }), TransportCodes.NoFreeSlot);
    }

    [Test]
    public void A_wide_paravirtual_controller_has_more_units()
    {
        var disks = Enumerable.Range(0, 16).Select(unit => Disk with { Key = 2000 + unit, ControllerKey = 1000, UnitNumber = unit });
        Assert.That(Judge(Vm, Disk, Proxy with { Disks = [.. disks], HardwareVersion = 14 }).Usable, Is.True);
    }

    [Test]
    public void Only_an_unshared_SCSI_controller_takes_hot_added_disks(
        [Values("VirtualAHCIController", "VirtualIDEController", "VirtualNVMEController")] string type) => ExpectOnly(
        Judge(Vm, Disk, Proxy with { Controllers = [new(1000, type, 0, null, null), new(1001, "VirtualLsiLogicController", 1, "physicalSharing", 7)] }),
        TransportCodes.NoFreeSlot);

    [Test]
    public void Every_reason_is_given()
    {
        var verdict = Judge(
            Vm, Disk with { DiskMode = "independent_persistent", BackingKind = DiskBackingKind.RdmPhysical }, Proxy with { PowerState = "poweredOff" });
        Assert.That(
            verdict.Reasons.Select(reason => reason.Code),
            Is.EquivalentTo(new[] { TransportCodes.DiskIndependent, TransportCodes.DiskRdm, TransportCodes.ProxyNotRunning }));
    }

    static TransportVerdict Judge(
        VirtualMachine vm, VirtualDisk disk, VirtualMachine proxy, string? configured = "proxy", Datastore? datastore = null,
        string root = "/nowhere")
    {
        var transport = new HotAddTransport(
            new FolderProxyDisks("unused"),
            With(proxy, datastore),
            new HotAddOptions { ProxyVm = configured, SystemRoot = root },
            new RecordingJournal(),
            TimeProvider.System,
            NullLogger.Instance);
        return transport.Judge(vm, disk);
    }

    static void ExpectOnly(TransportVerdict verdict, string code, bool usable = false)
    {
        Assert.That(verdict.Reasons.Select(reason => reason.Code), Is.EqualTo(new[] { code }));
        Assert.That(verdict.Usable, Is.EqualTo(usable));
    }
}
