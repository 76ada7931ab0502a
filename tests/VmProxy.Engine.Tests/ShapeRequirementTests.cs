using VmProxy.Engine.Backup;
using VmProxy.Engine.Care;
using VmProxy.Engine.Listing;
using VmProxy.Engine.Points;
using VmProxy.Lab;
using VmProxy.Transports;
using VmProxy.LabTesting;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Tests;

/// <summary>vSphere requirements 10 to 16 from one end to the other: what the result and the point say.</summary>
sealed class ShapeRequirementTests : EngineFixture
{
    [Test]
    public async Task Requirement_10_files_are_those_of_a_fresh_look()
    {
        await StartAsync();
        var point = await ShowAsync(Only(await BackupAsync()));
        Assert.That(
            point.Files.Select(file => file.Name), Is.EquivalentTo(new[] { "configuration.json", "web01.vmx", "web01.nvram", "web01.vmsd" }),
            "the list of snapshots came into being with our snapshot, after the inventory was read");
    }

    [Test]
    public async Task Requirement_10_a_look_that_fails_is_told_and_the_earlier_one_serves()
    {
        await StartAsync();
        Bench.Lab.Control.ArmFault("fault:RefreshStorageInfo:HostNotConnected", count: 10);
        var vm = Only(await BackupAsync(), Outcome.Warning);
        Assert.That(vm.Warnings.Single().Code, Is.EqualTo(ReasonCodes.FileNotSaved));
        Assert.That((await ShowAsync(vm)).Files.Select(file => file.Name), Is.SupersetOf(new[] { "web01.vmx", "web01.nvram" }));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Requirement_12_a_template_is_skipped_in_clear_words_and_never_fails_a_job(bool named)
    {
        await StartAsync(options =>
        {
            options.VirtualMachines.Add(LabBench.Vm("golden", 1 << 20));
            options.VirtualMachines[0].Template = true;
        });
        var report = named ? await BackupAsync(null, "golden") : await BackupAsync();
        var vm = Only(report, Outcome.Warning);
        Assert.That((report.Outcome, vm.Point, vm.Error), Is.EqualTo((Outcome.Warning, (string?)null, (Failures.Failure?)null)));
        Assert.That(vm.Warnings.Single().Code, Is.EqualTo(EligibilityCodes.Template));
        Assert.That(vm.Warnings.Single().ToString(), Does.Contain("not backed up").And.Contain("template").And.Contain("convert it"));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);
    }

    [Test]
    public async Task Requirement_13_an_encrypted_vm_is_backed_up_and_its_point_names_the_key()
    {
        await StartAsync(Encrypted);
        var vm = Only(await BackupAsync());
        Assert.That(vm.Notes.Select(note => note.Code), Is.EqualTo(new[] { EligibilityCodes.Encrypted, EligibilityCodes.VirtualTpm, ReasonCodes.FileSystemsOnly }));
        var point = await ShowAsync(vm);
        Assert.That((point.Encryption, point.VirtualTpm, point.Quiesced), Is.EqualTo((new PointEncryption("key-1", "lab-kms"), true, true)));
        await ExpectRestoredAsync(vm);
    }

    [Test]
    public async Task Requirement_13_an_encrypted_vm_is_not_stored_in_clear()
    {
        await StartAsync(Encrypted);
        Bench.Root["Repositories"]!.AsArray().Add(new System.Text.Json.Nodes.JsonObject
        {
            ["Name"] = "clear", ["Path"] = Bench["clear"], ["Encryption"] = "none",
        });
        Bench.Job["Repository"] = "clear";
        await using (var session = OpenSession())
        {
            await new RepositoryCare(session).InitializeAsync("clear", default);
        }

        var vm = Only(await BackupAsync(), Outcome.Failed);
        Assert.That(vm.Error!.Code, Is.EqualTo(ReasonCodes.EncryptedIntoClear));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);
    }

    [Test]
    public async Task Requirement_13_a_missing_privilege_is_told_before_anything_is_changed_and_by_doctor()
    {
        await StartAsync(options =>
        {
            Encrypted(options);
            options.MissingPrivileges.Add("Cryptographer.Access");
            options.MissingPrivileges.Add("Cryptographer.AddDisk");
        });
        var vm = Only(await BackupAsync(), Outcome.Failed);
        Assert.That(vm.Error!.Code, Is.EqualTo(ReasonCodes.EncryptedNoAccess));
        Assert.That(vm.Error.Message, Does.Contain("Cryptographer.Access"));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);

        await using var session = OpenSession();
        var checks = (await new Doctor(session).RunAsync(default)).Checks;
        Assert.That(checks.Where(check => check.Status == DoctorStatus.Failed).Select(check => check.Message), Has
            .Some.Contains("Cryptographer.Access is missing on vmproxy, web01").And.Some.Contains("Cryptographer.AddDisk is missing on vmproxy"), "by the names that an administrator knows");
    }

    [Test]
    public async Task Requirement_13_nobody_needs_the_privileges_of_encryption_without_an_encrypted_vm()
    {
        await StartAsync(options =>
        {
            options.VirtualMachines.Add(LabBench.Vm("web01", 1 << 20));
            options.MissingPrivileges.Add("Cryptographer.Access");
            options.MissingPrivileges.Add("Cryptographer.AddDisk");
        });
        Only(await BackupAsync());
        await using var session = OpenSession();
        Assert.That((await new Doctor(session).RunAsync(default)).Checks.Select(check => check.Message), Has.None.Contains("Cryptographer"));
    }

    [Test]
    public async Task Requirement_14_disks_that_no_snapshot_holds_are_named_in_result_and_point_and_make_a_warning()
    {
        await StartAsync(options =>
        {
            var vm = LabBench.Vm("web01", 1 << 20);
            vm.Disks.Add(new LabDiskOptions { Size = 1 << 20, Mode = "independent_persistent" });
            vm.Disks.Add(new LabDiskOptions { Size = 1 << 20, RawDeviceMapping = "physicalMode" });
            options.VirtualMachines.Add(vm);
        });
        var report = Only(await BackupAsync(), Outcome.Warning);
        string[] codes = [EligibilityCodes.Independent, EligibilityCodes.PhysicalRdm];
        Assert.That(report.ExcludedDisks.Select(disk => disk.Code), Is.EqualTo(codes));
        Assert.That(report.Warnings.Select(warning => warning.Code), Is.EqualTo(codes));
        Assert.That((await ShowAsync(report)).ExcludedDisks.Select(disk => disk.Label), Is.EqualTo(new[] { "Hard disk 2", "Hard disk 3" }));
        await ExpectRestoredAsync(report);
    }

    [TestCase("physicalSharing", "sharingNone", EligibilityCodes.BusSharing)]
    [TestCase("noSharing", "sharingMultiWriter", EligibilityCodes.MultiWriter)]
    public async Task Requirement_14_a_shared_disk_refuses_the_vm_before_any_change(string bus, string sharing, string code)
    {
        await StartAsync(options =>
        {
            options.VirtualMachines.Add(LabBench.Vm("node", 1 << 20, changeTracking: false));
            (options.VirtualMachines[0].Disks[0].SharedBus, options.VirtualMachines[0].Disks[0].Sharing) = (bus, sharing);
        });
        Assert.That(Only(await BackupAsync(null, "node"), Outcome.Failed).Error!.Code, Is.EqualTo(code));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);
        Assert.That(Bench.Lab.Control.State().VirtualMachines.Single(vm => vm.Name == "node").ChangeTracking, Is.False);
    }

    [Test]
    public async Task Requirement_15_the_point_keeps_controller_bus_and_unit_of_each_disk_also_of_unknown_kinds()
    {
        await StartAsync(options =>
        {
            var vm = LabBench.Vm("web01", 1 << 20);
            foreach (var (controller, bus) in new[] { ("nvme", 1), ("sata", 0), ("lsisas", 2), ("quantum", 3) })
            {
                vm.Disks.Add(new LabDiskOptions { Size = (1 << 20) + 512, Controller = controller, Bus = bus, Data = [new LabDataOptions { Length = 4096, Seed = bus }] });
            }

            vm.Disks.Add(new LabDiskOptions { Size = 1 << 20, UnknownBacking = true });
            options.VirtualMachines.Add(vm);
        });
        var report = Only(await BackupAsync(), Outcome.Warning);
        Assert.That(report.Warnings.Select(warning => warning.Code), Is.EqualTo(new[] { EligibilityCodes.UnknownBacking }));
        Assert.That(report.Notes.Select(note => note.Code), Is.EqualTo(new[] { EligibilityCodes.UnknownDevice }), "the controller");
        var point = await ShowAsync(report);
        Assert.That(point.Disks.Select(disk => (disk.Controller, disk.Place)), Is.EquivalentTo(new[]
        {
            ("ParaVirtualSCSIController", "scsi0:0"), ("VirtualNVMEController", "nvme1:0"), ("VirtualAHCIController", "sata0:0"),
            ("VirtualLsiLogicSASController", "scsi2:0"), ("VirtualQuantumController", (string?)null),
        }));
        Assert.That(point.ExcludedDisks.Single().Reason, Does.Contain("VirtualDiskQuantumBackingInfo"));
        await ExpectRestoredAsync(report);
    }

    [Test]
    public async Task Requirement_16_paths_with_uuids_and_persistent_memory()
    {
        await StartAsync(options =>
        {
            options.Datastores = [new LabDatastoreOptions { Name = "objects", Type = "VVOL" }, new LabDatastoreOptions { Name = "memory", Type = "PMEM" }];
            var vm = LabBench.Vm("web01", 1 << 20);
            vm.Disks.Add(new LabDiskOptions { Size = 1 << 20, Datastore = "memory" });
            options.VirtualMachines.Add(vm);
        });
        var report = Only(await BackupAsync(), Outcome.Warning);
        Assert.That(report.ExcludedDisks.Select(disk => (disk.Label, disk.Code)), Is.EqualTo(new[] { ("Hard disk 2", EligibilityCodes.PersistentMemory) }));
        var point = await ShowAsync(report);
        Assert.That(point.Disks.Single().FileName, Does.Match(@"^\[objects\] [0-9a-f-]{36}/web01\.vmdk$"));
        Assert.That(point.Files.Select(file => file.Name), Is.SupersetOf(new[] { "web01.vmx", "web01.nvram" }));
        await ExpectRestoredAsync(report);
        await using var session = OpenSession();
        var listed = (await new InventoryListing(session).VirtualMachinesAsync(default)).Single(vm => vm.Name == "web01");
        Assert.That(listed.Disks.Select(disk => (disk.Place, disk.IncludedInBackup)), Is.EqualTo(new[] { ("scsi0:0", true), ("scsi0:1", false) }));
    }

    [Test]
    public async Task Requirement_11_the_jobs_vss_policy_reaches_the_guest_and_a_wish_that_cannot_be_met_is_a_warning()
    {
        await StartAsync(options =>
        {
            Encrypted(options);
            options.VirtualMachines.Add(LabBench.Vm("win02", 1 << 20));
            options.VirtualMachines[^1].GuestId = "windows9Server64Guest";
        });
        Bench.Job["Vss"] = "full";
        var vms = (await BackupAsync()).VirtualMachines.ToDictionary(vm => vm.Name);
        Assert.That(vms["web01"].Warnings.Select(warning => warning.Code), Is.EqualTo(new[] { ReasonCodes.FileSystemsOnly }), "it is encrypted");
        Assert.That((vms["web01"].Quiesced, vms["win02"].Outcome), Is.EqualTo((true, Outcome.Done)));
        Assert.That(Quiesce("win02")!.BackupType, Is.EqualTo(1));
        Assert.That(Quiesce("web01")!.Context, Is.EqualTo("ctx_file_share_backup"));

        Lab.Model.LabQuiesce? Quiesce(string vm) => Bench.Lab.Control.Snapshots().Single(snapshot => snapshot.Vm == vm).Quiesce;
    }

    [Test]
    public async Task An_address_for_a_host_that_does_not_exist_is_found_by_doctor()
    {
        await StartAsync();
        Bench.Root["Transports"]!["HostAddresses"] = System.Text.Json.Nodes.JsonNode.Parse("""
            [ { "Host": "ESX1.lab.example", "Address": "10.20.0.1" }, { "Host": "esx9.lab.example", "Address": "10.20.0.9" } ]
            """);
        await using var session = OpenSession();
        var checks = (await new Doctor(session).RunAsync(default)).Checks;
        Assert.That(checks.Where(check => check.Code == TransportCodes.HostAddressUnknown).Select(check => check.Subject), Is.EqualTo(new[] { "host address esx9.lab.example" }));
    }

    static void Encrypted(LabOptions options)
    {
        var vm = LabBench.Vm("web01", 1 << 20);
        (vm.EncryptionKey, vm.VirtualTpm, vm.GuestId) = ("key-1", true, "windows9Server64Guest");
        options.VirtualMachines.Add(vm);
        options.VirtualMachines.Add(new LabVmOptions { Name = "vmproxy", EncryptionKey = "key-2", Disks = [new LabDiskOptions { Size = 1 << 20 }] });
    }

    async Task<PointDetails> ShowAsync(VmReport vm)
    {
        await using var session = OpenSession();
        return await new PointShelf(session).ShowAsync(vm.Point!, default);
    }
}
