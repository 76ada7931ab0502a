using Vim = VmProxy.Vim25;

namespace VmProxy.Vsphere.Tests.Inventory;

public sealed class PropertySetTests
{
    static readonly Vim.ManagedObjectReference Vm = new("VirtualMachine", "vm-1");

    [Test]
    public void A_property_that_the_user_may_not_see_is_a_warning_and_no_failure()
    {
        var set = new PropertySet(new Vim.ObjectContent
        {
            Obj = Vm,
            PropSet = [new Vim.DynamicProperty { Name = "name", Val = "web" }],
            MissingSet =
            [
                new Vim.MissingProperty { Path = "layoutEx", Fault = new Vim.LocalizedMethodFault { Fault = new Vim.NoPermission(), LocalizedMessage = "no" } },
            ],
        });
        Assert.That(set.Warnings, Is.EqualTo(new[] { new InventoryWarning(set.Id, "layoutEx", "NoPermission", "no") }));
        var vm = VirtualMachineMapper.Map(set);
        Assert.That((vm.Name, vm.HasConfiguration, vm.Disks.Count, vm.VmxPath), Is.EqualTo(("web", false, 0, (string?)null)));
    }

    [Test]
    public void A_property_of_an_unexpected_type_reads_as_absent()
    {
        var set = new PropertySet(new Vim.ObjectContent
        {
            Obj = Vm,
            PropSet =
            [
                new Vim.DynamicProperty { Name = "config.template", Val = "yes" },
                new Vim.DynamicProperty { Name = "snapshot", Val = 5 },
                new Vim.DynamicProperty { Name = "config.hardware.device", Val = "none" },
                new Vim.DynamicProperty { Name = "runtime.powerState", Val = new Vim.VimEnumValue(
                    "VirtualMachinePowerState", "hibernating") },
            ],
        });
        var vm = VirtualMachineMapper.Map(set);
        Assert.That((vm.IsTemplate, vm.Snapshots.Count, vm.Disks.Count, vm.PowerState), Is.EqualTo((false, 0, 0, "hibernating")));
    }

    [Test]
    public void Requirement_20_a_disk_of_an_unknown_backing_keeps_its_xml()
    {
        const string xml = """
            <device xmlns="urn:vim25" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="VirtualDisk">
              <key>2000</key><backing xsi:type="VirtualDiskHolographicBackingInfo"><fileName>[ds] a.vmdk</fileName><crystal>3</crystal></backing>
              <controllerKey>1000</controllerKey><unitNumber>0</unitNumber><numaNode>1</numaNode><capacityInKB>1024</capacityInKB>
            </device>
            """;
        var disk = Devices.Of([Vim.VimXml.Read<Vim.VirtualDevice>(System.Xml.Linq.XElement.Parse(xml))]).Disks.Single();
        Assert.That(
            (disk.BackingKind, disk.BackingTypeName, disk.CapacityBytes),
            Is.EqualTo((DiskBackingKind.Unknown, "VirtualDiskHolographicBackingInfo", 1L << 20)));
        Assert.That(disk.UnknownBackingXml, Does.Contain("crystal"));
    }

    [Test]
    public void Capacity_in_bytes_goes_before_kilobytes()
    {
        var disk = new Vim.VirtualDisk { Key = 2000, CapacityInKB = 1, CapacityInBytes = 1536, Backing = new Vim.VirtualDiskFlatVer2BackingInfo { FileName = "[ds] a.vmdk" } };
        Assert.That(Devices.Of([disk]).Disks.Single().CapacityBytes, Is.EqualTo(1536));
    }

    [Test]
    public void A_ring_of_folders_ends()
    {
        var tree = new InventoryTree(new ObjectId("Folder", "group-d1"));
        foreach (var (id, parent) in new[] { ("a", "b"), ("b", "a") })
        {
            tree.Add(new PropertySet(new Vim.ObjectContent
            {
                Obj = new("Folder", id),
                PropSet =
                [
                    new Vim.DynamicProperty { Name = "name", Val = id },
                    new Vim.DynamicProperty { Name = "parent", Val = new Vim.ManagedObjectReference("Folder", parent) },
                ],
            }));
        }

        Assert.That(tree.DatacenterOf(new ObjectId("Folder", "a")), Is.Null);
        Assert.That(tree.FolderPathOf(new ObjectId("Folder", "a")), Is.Not.Empty);
    }
}
