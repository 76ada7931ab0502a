using VmProxy.Vsphere;

namespace VmProxy.Transports.Tests;

/// <summary>A small inventory in which everything can be hot-added, for tests that then spoil one thing.</summary>
static class TestInventory
{
    public const string DiskUuid = "6000C29a-b652-bf92-dc0d-c1a1f0e9b0a4";
    public const string DeviceName = "wwn-0x6000c29ab652bf92dc0dc1a1f0e9b0a4";

    public static ObjectId Esx1 { get; } = new("HostSystem", "host-1");

    public static ObjectId Esx2 { get; } = new("HostSystem", "host-2");

    public static ObjectId Snapshot { get; } = new("VirtualMachineSnapshot", "snapshot-1");

    public static Datacenter Home { get; } = new(new("Datacenter", "datacenter-1"), "Lab", "Lab");

    public static Datastore Store { get; } = new()
    {
        Id = new("Datastore", "datastore-1"),
        Name = "ds1",
        Kind = DatastoreKind.Vmfs,
        Mounts = [new(Esx1, "readWrite", true), new(Esx2, "readWrite", true)],
    };

    public static VirtualDisk Disk { get; } = new()
    {
        Key = 2000,
        Label = "Hard disk 1",
        ControllerType = "ParaVirtualSCSIController",
        BackingKind = DiskBackingKind.Flat,
        FileName = "[ds1] mail/mail.vmdk",
        DatastoreId = Store.Id,
        DiskMode = "persistent",
        CapacityBytes = 1 << 20,
        Uuid = DiskUuid,
    };

    public static VirtualMachine Vm { get; } = new()
    {
        Id = new("VirtualMachine", "vm-1"),
        Name = "mail",
        HasConfiguration = true,
        PowerState = "poweredOn",
        HostId = Esx1,
        Datacenter = Home,
        Disks = [Disk],
    };

    public static VirtualMachine Proxy { get; } = new()
    {
        Id = new("VirtualMachine", "vm-9"),
        Name = "proxy",
        InstanceUuid = "5030d4a5-0000-0000-0000-000000000009",
        HasConfiguration = true,
        PowerState = "poweredOn",
        HostId = Esx1,
        Datacenter = Home,
        Controllers = [new(1000, "ParaVirtualSCSIController", 0, "noSharing", 7)],
    };

    public static Inventory With(VirtualMachine proxy, Datastore? datastore = null) =>
        new([Vm, proxy], [datastore ?? Store], [], [Home]);
}
