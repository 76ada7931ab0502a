namespace VmProxy.Vsphere.Tests.Inventory;

/// <summary>What only the lab's inventory has: real chains, LUNs, mappings, VMs out of reach, pages.</summary>
public sealed class LabInventoryTests
{
    static CancellationToken None => CancellationToken.None;

    [Test]
    public async Task An_inventory_of_many_kinds_is_told_as_it_is()
    {
        await using var lab = await Lab.StartAsync(
            web => web.Disks =
            [
                new() { Size = 2 << 20 },
                new() { Size = 1 << 20, Controller = "lsilogic", Bus = 1, Mode = "independent_persistent" },
                new() { Size = 1 << 20, RawDeviceMapping = "physicalMode" },
                new() { Size = 1 << 20, RawDeviceMapping = "virtualMode" },
                new() { Size = 1 << 20, Controller = "sata" },
            ],
            options =>
            {
                options.Datastores =
                [
                    new() { Name = "datastore1", LunName = "naa.6000c29000000001" },
                    new() { Name = "share", Type = "NFS" },
                    new() { Name = "pool", Type = "vsan" },
                ];
                options.VirtualMachines.Add(new() { Name = "golden", Template = true, Disks = [new() { Size = 1 << 20 }] });
                options.VirtualMachines.Add(new() { Name = "lost", ConnectionState = "orphaned" });
                options.VirtualMachines.Add(new() { Name = "node", Disks = [new() { Size = 1 << 20, SharedBus = "physicalSharing" }] });
                options.VirtualMachines.Add(new() { Name = "rac", Disks = [new() { Size = 1 << 20, Sharing = "sharingMultiWriter" }] });
            });
        var inventory = await lab.Connection.ReadInventoryAsync(None);
        var vms = inventory.VirtualMachines.ToDictionary(vm => vm.Name);

        var web = vms["web"];
        Assert.That(web.FolderPath, Is.EqualTo("Production/Web"));
        Assert.That(web.Datacenter?.Path, Is.EqualTo("Lab"));
        Assert.That(web.ChangeTrackingEnabled && web.ChangeTrackingSupported && web.ToolsRunning && web.QuiesceSupported);
        Assert.That(web.Disks.Select(disk => disk.BackingKind), Is.EquivalentTo(new[]
        {
            DiskBackingKind.Flat, DiskBackingKind.Flat, DiskBackingKind.RdmPhysical, DiskBackingKind.RdmVirtual, DiskBackingKind.Flat,
        }));
        Assert.That(
            web.Disks.Select(disk => disk.ControllerType),
            Does.Contain("VirtualLsiLogicController").And.Contain("ParaVirtualSCSIController"));
        Assert.That(web.ConfigurationFiles.Select(file => file.Kind), Is.SupersetOf(new[] { "config", "nvram" }));
        var verdict = Eligibility.Judge(web);
        Assert.That(verdict.IsEligible);
        Assert.That(
            verdict.Findings.Select(finding => finding.Code),
            Is.EquivalentTo(new[] { EligibilityCodes.Independent, EligibilityCodes.PhysicalRdm }));

        Assert.That(Codes(vms["golden"]), Does.Contain(EligibilityCodes.Template));
        Assert.That(vms["lost"].HasConfiguration, Is.False);
        Assert.That(Codes(vms["lost"]), Is.EqualTo(new[] { EligibilityCodes.Inaccessible }));
        Assert.That(Codes(vms["node"]), Does.Contain(EligibilityCodes.BusSharing));
        Assert.That(Codes(vms["rac"]), Does.Contain(EligibilityCodes.MultiWriter));

        var datastores = inventory.Datastores.ToDictionary(datastore => datastore.Name);
        Assert.That(datastores["datastore1"].Kind, Is.EqualTo(DatastoreKind.Vmfs));
        Assert.That(datastores["datastore1"].Extents.Single().DiskName, Is.EqualTo("naa.6000c29000000001"));
        Assert.That(datastores["share"].Kind, Is.EqualTo(DatastoreKind.Nfs));
        Assert.That(datastores["pool"].Kind, Is.EqualTo(DatastoreKind.Vsan));
        Assert.That(inventory.Hosts.Single().Build, Is.Not.Empty);
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(100_000)]
    public async Task Pages_of_any_size_give_the_same_inventory(int pageSize)
    {
        await using var lab = await Lab.StartAsync(
            options: options => options.ScaleVirtualMachines = 40,
            connect: options => options with { PageSize = pageSize });
        var inventory = await lab.Connection.ReadInventoryAsync(None);
        Assert.That(inventory.VirtualMachines, Has.Count.EqualTo(42));
        Assert.That(inventory.VirtualMachines.Select(vm => vm.Id).Distinct().Count(), Is.EqualTo(42));
    }

    [Test]
    public async Task Requirement_09_a_pass_that_loses_its_session_or_a_page_begins_again()
    {
        await using var lab = await Lab.StartAsync(
            options: options => options.ScaleVirtualMachines = 20,
            connect: options => options with { PageSize = 5 });
        lab.Server.Control.ArmFault("expire-session:ContinueRetrievePropertiesEx");
        Assert.That((await lab.Connection.ReadInventoryAsync(None)).VirtualMachines, Has.Count.EqualTo(22));
        lab.Server.Control.ArmFault("drop-connection:ContinueRetrievePropertiesEx:after");
        Assert.That((await lab.Connection.ReadInventoryAsync(None)).VirtualMachines, Has.Count.EqualTo(22));
        Assert.That(lab.Server.Control.ArmedFaults, Is.Empty);
    }

    [Test]
    public async Task Reads_are_tried_again_and_given_up_in_the_end()
    {
        await using var lab = await Lab.StartAsync(
            connect: options => options with { ReadAttempts = 3, RetryDelay = TimeSpan.FromMilliseconds(1) });
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("http-503:RetrievePropertiesEx", count: 2);
        Assert.That((await lab.Connection.VirtualMachines.ReadAsync(vm.Id, None)).Name, Is.EqualTo("web"));
        lab.Server.Control.ArmFault("http-503:RetrievePropertiesEx", count: 10);
        var failure = Assert.ThrowsAsync<VsphereException>(async () => await lab.Connection.VirtualMachines.ReadAsync(vm.Id, None));
        Assert.That(failure!.Code, Is.EqualTo(VsphereErrorCodes.Unreachable));
        Assert.That(lab.Server.Control.ArmedFaults.Single().Count, Is.EqualTo(7), "three attempts");
    }

    [Test]
    public async Task A_vm_that_is_gone_is_told()
    {
        await using var lab = await Lab.StartAsync();
        var failure = Assert.ThrowsAsync<VsphereException>(
            async () => await lab.Connection.VirtualMachines.ReadAsync(new ObjectId("VirtualMachine", "vm-999999"), None));
        Assert.That(failure!.Code, Is.EqualTo(VsphereErrorCodes.ObjectGone));
        Assert.That(failure.Message, Does.Contain("vm-999999"));
    }

    [Test]
    public async Task A_vm_is_found_by_its_instance_uuid()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        Assert.That(await lab.Connection.VirtualMachines.FindByInstanceUuidAsync(vm.InstanceUuid!, None), Is.EqualTo(vm.Id));
        Assert.That(await lab.Connection.VirtualMachines.FindByInstanceUuidAsync(Guid.NewGuid().ToString(), None), Is.Null);
    }

    [Test]
    public async Task A_single_host_is_read_too()
    {
        await using var lab = await Lab.StartAsync(options: options => options.HostOnly = true);
        Assert.That(lab.Connection.IsVcenter, Is.False);
        var vm = await lab.VmAsync();
        Assert.That(vm.Datacenter, Is.Not.Null);
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None);
        Assert.That((await lab.Connection.Snapshots.RemoveAsync(vm.Id, created.Snapshot, None)).WasPresent);
    }

    static IEnumerable<string> Codes(VirtualMachine vm) => Eligibility.Judge(vm).Findings.Select(finding => finding.Code);
}
