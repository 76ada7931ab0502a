using Vim = VmProxy.Vim25;

namespace VmProxy.Vsphere.Tests.Inventory;

/// <summary>Requirements 10, 12, 13, 15 and 16: what the inventory says of files, encryption, controllers and datastores.</summary>
public sealed class ShapeRequirementTests
{
    static CancellationToken None => CancellationToken.None;

    [Test]
    public async Task Requirement_10_the_list_of_files_is_as_old_as_the_last_refresh()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        await lab.Server.Control.Operator.CreateSnapshotAsync("web", "a new file");
        Assert.That((await lab.VmAsync()).ConfigurationFiles.Select(file => file.Kind), Has.None.EqualTo("snapshotList"));
        await lab.Connection.VirtualMachines.RefreshStorageAsync(vm.Id, None);
        Assert.That((await lab.VmAsync()).ConfigurationFiles.Select(file => file.Kind), Is.EquivalentTo(new[] { "config", "nvram", "snapshotList" }));
    }

    [Test]
    public async Task Requirement_12_a_template_is_refused_in_words_that_help()
    {
        await using var lab = await Lab.StartAsync(web => web.Template = true);
        var refusal = Eligibility.Judge(await lab.VmAsync()).Findings.Single(finding => finding.Kind == FindingKind.Refusal);
        Assert.That(refusal.Code, Is.EqualTo(EligibilityCodes.Template));
        Assert.That(refusal.Next, Does.Contain("convert it"));
    }

    [Test]
    public async Task Requirement_13_encryption_and_virtual_tpm_are_told_with_the_keys_name()
    {
        await using var lab = await Lab.StartAsync(web => (web.EncryptionKey, web.KeyProvider, web.VirtualTpm) = ("key-1", "kms-a", true));
        var vm = await lab.VmAsync();
        Assert.That((vm.IsEncrypted, vm.HasVirtualTpm, vm.Encryption), Is.EqualTo((true, true, new EncryptionKey("key-1", "kms-a"))));
        Assert.That(vm.Disks.Select(disk => disk.Encryption), Has.All.EqualTo(vm.Encryption));
        var verdict = Eligibility.Judge(vm);
        Assert.That(verdict.IsEligible);
        Assert.That(verdict.Findings.Select(finding => (finding.Kind, finding.Code)), Is.EqualTo(new[]
        {
            (FindingKind.Note, EligibilityCodes.Encrypted), (FindingKind.Note, EligibilityCodes.VirtualTpm),
        }));
        Assert.That(verdict.Findings[0].Reason, Does.Contain("key-1").And.Contain("kms-a"));

        var other = await lab.VmAsync("vmproxy");
        Assert.That((other.IsEncrypted, other.HasVirtualTpm, other.Encryption), Is.EqualTo((false, false, (EncryptionKey?)null)));
    }

    [TestCase("pvscsi", 1, "ParaVirtualSCSIController", "scsi1:0")]
    [TestCase("lsilogic", 0, "VirtualLsiLogicController", "scsi0:0")]
    [TestCase("lsisas", 0, "VirtualLsiLogicSASController", "scsi0:0")]
    [TestCase("buslogic", 0, "VirtualBusLogicController", "scsi0:0")]
    [TestCase("sata", 2, "VirtualAHCIController", "sata2:0")]
    [TestCase("nvme", 1, "VirtualNVMEController", "nvme1:0")]
    [TestCase("ide", 1, "VirtualIDEController", "ide1:0")]
    [TestCase("quantum", 3, "VirtualQuantumController", null)]
    public async Task Requirement_15_every_disk_has_its_controller_bus_and_unit_also_on_a_controller_that_is_not_known(
        string controller, int bus, string type, string? place)
    {
        await using var lab = await Lab.StartAsync(web => web.Disks = [new() { Size = 1 << 20, Controller = controller, Bus = bus }]);
        var vm = await lab.VmAsync();
        var disk = vm.Disks.Single();
        Assert.That((disk.ControllerType, disk.BusNumber, disk.UnitNumber, disk.UnitName), Is.EqualTo((type, bus, (int?)0, place)));
        Assert.That(Eligibility.Judge(vm).Disks.Single().IsIncluded);
        if (place is null)
        {
            Assert.That(vm.UnknownDevices.Single().Xml, Does.Contain(type).And.Contain("busNumber"));
            Assert.That(Eligibility.Judge(vm).Findings.Single().Code, Is.EqualTo(EligibilityCodes.UnknownDevice));
        }
    }

    [Test]
    public async Task Requirement_15_a_backing_that_is_not_known_is_kept_as_it_came_and_its_disk_is_named()
    {
        await using var lab = await Lab.StartAsync(web => web.Disks[1].UnknownBacking = true);
        var vm = await lab.VmAsync();
        Assert.That(vm.Disks[1].UnknownBackingXml, Does.Contain("VirtualDiskQuantumBackingInfo").And.Contain("superposition"));
        var verdict = Eligibility.Judge(vm);
        Assert.That(verdict.IsEligible);
        Assert.That((verdict.Disks[1].IsIncluded, verdict.Disks[1].Exclusion!.Code), Is.EqualTo((false, EligibilityCodes.UnknownBacking)));
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None);
        var state = await lab.Connection.Snapshots.ReadDisksAsync(vm.Id, created.Snapshot, None);
        Assert.That(state.ConfigJson, Does.Contain("VirtualDiskQuantumBackingInfo").And.Contain("superposition"));
    }

    [Test]
    public async Task Requirement_15_the_size_in_bytes_goes_before_the_one_in_kilobytes()
    {
        await using var lab = await Lab.StartAsync(web => web.Disks = [new() { Size = (1 << 20) + 512 }]);
        Assert.That((await lab.VmAsync()).Disks.Single().CapacityBytes, Is.EqualTo((1 << 20) + 512));
        var old = new Vim.VirtualDisk { Key = 2000, CapacityInKB = 3L << 31 };
        Assert.That(Devices.Of([old]).Disks.Single().CapacityBytes, Is.EqualTo(3L << 41), "an older server gives kilobytes only; more than 2 TB");
    }

    [Test]
    public void Requirement_15_a_space_efficient_delta_is_a_form_and_no_error()
    {
        var disk = Devices.Of(
        [
            new Vim.VirtualDisk
            {
                Key = 2000,
                CapacityInKB = 1024,
                Backing = new Vim.VirtualDiskFlatVer2BackingInfo
                {
                    FileName = "[ds] vm/vm-000001.vmdk", DiskMode = "persistent", DeltaDiskFormat = "seSparseFormat",
                    Parent = new Vim.VirtualDiskFlatVer2BackingInfo { FileName = "[ds] vm/vm.vmdk", DiskMode = "persistent" },
                },
            },
            new Vim.VirtualDisk
            {
                Key = 2001,
                CapacityInKB = 1024,
                Backing = new Vim.VirtualDiskSeSparseBackingInfo { FileName = "[ds] vm/vm_1.vmdk", DiskMode = "persistent" },
            },
        ]).Disks;
        Assert.That(disk.Select(one => (one.BackingKind, one.DeltaFormat)), Is.EqualTo(new[]
        {
            (DiskBackingKind.Flat, "seSparseFormat"), (DiskBackingKind.SeSparse, (string?)null),
        }));
        Assert.That(disk[0].Chain, Is.EqualTo(new[] { "[ds] vm/vm-000001.vmdk", "[ds] vm/vm.vmdk" }));
    }

    [TestCase("VMFS", DatastoreKind.Vmfs, true, true, false, true)]
    [TestCase("NFS", DatastoreKind.Nfs, false, true, false, true)]
    [TestCase("NFS41", DatastoreKind.Nfs41, false, true, false, true)]
    [TestCase("vsan", DatastoreKind.Vsan, false, true, true, false)]
    [TestCase("VVOL", DatastoreKind.Vvol, false, true, false, false)]
    [TestCase("PMEM", DatastoreKind.Pmem, false, false, false, false)]
    [TestCase("OTHER", DatastoreKind.Other, false, true, false, false)]
    public async Task Requirement_16_the_kind_of_a_datastore_decides_what_can_be_done_with_its_disks(
        string type, DatastoreKind kind, bool luns, bool attachable, bool proxyMustLieThere, bool flatFiles)
    {
        await using var lab = await Lab.StartAsync(options: options => options.Datastores = [new() { Name = "store", Type = type }]);
        var inventory = await lab.Connection.ReadInventoryAsync(None);
        Assert.That(inventory.Datastores.Single().Kind, Is.EqualTo(kind));
        Assert.That(
            DatastoreModes.Of(kind),
            Is.EqualTo(new DatastoreModes(kind != DatastoreKind.Pmem, luns, attachable, proxyMustLieThere, flatFiles)));
    }

    [TestCase("vsan")]
    [TestCase("VVOL")]
    public async Task Requirement_16_folders_that_are_named_by_uuids_are_paths_like_others(string type)
    {
        await using var lab = await Lab.StartAsync(options: options => options.Datastores = [new() { Name = "store", Type = type }]);
        var vm = await lab.VmAsync();
        Assert.That(vm.VmxPath, Does.Match(@"^\[store\] [0-9a-f-]{36}/web\.vmx$"));
        using var content = new MemoryStream();
        await lab.Connection.Datastores.DownloadAsync(vm.Datacenter!, vm.VmxPath!, content, 1 << 20, None);
        Assert.That(System.Text.Encoding.UTF8.GetString(content.ToArray()), Does.Contain("displayName = \"web\""));
    }

    [Test]
    public async Task Requirement_16_a_disk_in_persistent_memory_is_named_and_left_out()
    {
        await using var lab = await Lab.StartAsync(
            web => web.Disks[1].Datastore = "memory",
            options => options.Datastores = [new() { Name = "datastore1" }, new() { Name = "memory", Type = "PMEM" }]);
        var inventory = await lab.Connection.ReadInventoryAsync(None);
        var vm = inventory.VirtualMachines.Single(found => found.Name == "web");
        Assert.That(vm.Disks[1].BackingKind, Is.EqualTo(DiskBackingKind.LocalPmem));
        Expect(Eligibility.Judge(vm, inventory.Datastores));

        // Whatever its backing is called: what lies in such a datastore is in no snapshot.
        var disguised = vm with { Disks = [vm.Disks[0], vm.Disks[1] with { BackingKind = DiskBackingKind.Flat }] };
        Expect(Eligibility.Judge(disguised, inventory.Datastores));

        static void Expect(VmVerdict verdict)
        {
            Assert.That(verdict.IsEligible);
            Assert.That(verdict.Disks.Select(disk => disk.Exclusion?.Code), Is.EqualTo(new[] { null, EligibilityCodes.PersistentMemory }));
        }
    }
}
