using System.Diagnostics;
using VmProxy.Testing;

namespace VmProxy.Vsphere.Tests.Inventory;

public sealed class InventoryTests
{
    [Test]
    public async Task An_inventory_names_what_there_is_and_where_it_lies()
    {
        await using var server = await VcsimProcess.StartAsync(["-datacenters", "2", "-folders", "1", "-datastores", "2", "-hosts", "2"]);
        await using var connection = await Simulated.ConnectAsync(server);
        var inventory = await connection.ReadInventoryAsync(CancellationToken.None);

        Assert.That(inventory.Warnings, Is.Empty);
        Assert.That(inventory.Datacenters.Select(datacenter => datacenter.Path), Is.EqualTo(new[] { "DC0", "F0/DC1" }));
        Assert.That(inventory.Hosts, Has.Count.EqualTo(4));
        Assert.That(inventory.Hosts.Select(host => host.Datacenter), Has.None.Null);
        Assert.That(inventory.Hosts.Select(host => host.Version), Has.All.Not.Empty);
        Assert.That(inventory.Datastores, Has.Count.EqualTo(4));
        Assert.That(inventory.Datastores, Has.All.Matches<Datastore>(datastore =>
            datastore is { Kind: DatastoreKind.Other, Accessible: true, CapacityBytes: > 0, FreeBytes: > 0, Datacenter: not null }));

        var vm = inventory.VirtualMachines.Single(vm => vm.Name == "DC1_C0_RP0_VM0");
        Assert.That(vm.Datacenter?.Path, Is.EqualTo("F0/DC1"));
        Assert.That(vm.FolderPath, Is.EqualTo("F0"));
        Assert.That(
            vm, Has.Property(nameof(vm.PowerState)).EqualTo("poweredOn").And.Property(nameof(vm.ConnectionState)).EqualTo("connected"));
        Assert.That(vm.InstanceUuid, Has.Length.EqualTo(36));
        Assert.That(vm.BiosUuid, Has.Length.EqualTo(36).And.Not.EqualTo(vm.InstanceUuid));
        Assert.That(vm.HardwareVersion, Is.EqualTo(13));
        Assert.That(vm.VmxPath, Does.EndWith("DC1_C0_RP0_VM0.vmx"));
        Assert.That(vm.ConfigurationFiles.Select(file => file.Kind), Is.SupersetOf(new[] { "config", "nvram" }));
        Assert.That(vm.DatastoreIds, Has.Count.EqualTo(1));
        Assert.That(inventory.Hosts.Select(host => host.Id), Does.Contain(vm.HostId!.Value));

        var disk = vm.Disks.Single();
        Assert.That(disk.FileName, Does.StartWith("[").And.EndWith(".vmdk"));
        Assert.That(
            disk,
            Has.Property(nameof(disk.BackingKind)).EqualTo(DiskBackingKind.Flat).And.Property(nameof(disk.DiskMode)).EqualTo("persistent"));
        Assert.That(disk.ControllerType, Is.EqualTo("ParaVirtualSCSIController"));
        Assert.That(disk.UnitNumber, Is.EqualTo(0));
        Assert.That(disk.CapacityBytes, Is.GreaterThan(0));

        // This simulator leaves every capability false.
        Assert.That(
            Eligibility.Judge(vm).Findings.Select(finding => finding.Code),
            Is.EqualTo(new[] { EligibilityCodes.SnapshotsUnsupported }));
    }

    [Test, Category("Slow")]
    public async Task Five_thousand_vms_are_read_in_bounded_time()
    {
        await using var server = await VcsimProcess.StartAsync(["-machines", "5000"]);
        await using var connection = await Simulated.ConnectAsync(server);
        var watch = Stopwatch.StartNew();
        var inventory = await connection.ReadInventoryAsync(CancellationToken.None);
        watch.Stop();
        TestContext.Out.WriteLine($"5,000 VMs in {watch.Elapsed.TotalSeconds:F1} s");
        Assert.That(inventory.VirtualMachines, Has.Count.EqualTo(5000));
        Assert.That(inventory.VirtualMachines.Select(vm => vm.Disks.Count), Has.All.EqualTo(1));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromMinutes(1)));
    }
}
