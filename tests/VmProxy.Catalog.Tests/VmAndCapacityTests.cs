namespace VmProxy.Catalog.Tests;

sealed class VmAndCapacityTests : CatalogFixture
{
    static readonly DatastoreRecord Datastore = new("vc-1", "Datastore:ds-1", "fast", "VMFS");

    [Test]
    public async Task A_vm_keeps_its_identity_through_a_rename()
    {
        var first = Time.GetUtcNow();
        await Catalog.Vms.RecordSeenAsync([new VmRecord(Web, "web01", "VirtualMachine:vm-42"), new VmRecord(new("vc-1", "u"), "web01", "m")], default);
        Assert.That(await Catalog.Vms.FindByNameAsync("web01", default), Has.Count.EqualTo(2));
        Time.Advance(TimeSpan.FromDays(1));
        await Catalog.Vms.RecordSeenAsync([new VmRecord(Web, "web-new", "VirtualMachine:vm-43")], default);
        Assert.That(await Catalog.Vms.FindAsync(Web, default), Is.EqualTo(
            new VmRecord(Web, "web-new", "VirtualMachine:vm-43") { FirstSeenAt = first, LastSeenAt = Time.GetUtcNow() }));
        Assert.That((await Catalog.Vms.ListAsync(default)).Select(vm => vm.Name), Is.EqualTo(new[] { "web-new", "web01" }));
        Assert.That(await Catalog.Vms.FindAsync(new VmKey("vc-2", Web.InstanceUuid), default), Is.Null);
        await Catalog.Vms.RecordSeenAsync([], default);
    }

    [Test]
    public async Task Samples_come_back_in_order_under_the_datastores_present_name()
    {
        var now = Time.GetUtcNow();
        var full = new CapacitySample
        {
            TakenAt = now.AddHours(1),
            CapacityBytes = 64L << 40,
            FreeBytes = 1,
            UncommittedBytes = 2,
            ProvisionedBytes = 3,
            SnapshotBytes = 4,
            SnapshotCount = 5,
            OldestSnapshotAt = now.AddDays(-3),
            SwapBytes = 6,
            VmCount = 7,
        };
        var bare = new CapacitySample { TakenAt = now, CapacityBytes = 10, FreeBytes = 9 };
        await Catalog.Capacity.RecordAsync([(Datastore, full)], default);
        await Catalog.Capacity.RecordAsync([(Datastore with { Name = "renamed" }, bare with { FreeBytes = 0 })], default);
        await Catalog.Capacity.RecordAsync([(Datastore with { Name = "renamed" }, bare)], default);
        Assert.That(await Catalog.Capacity.ListAsync("vc-1", "Datastore:ds-1", now.AddDays(-1), default), Is.EqualTo(new[] { bare, full }));
        Assert.That(await Catalog.Capacity.ListAsync("vc-1", "Datastore:ds-1", now.AddMinutes(1), default), Is.EqualTo(new[] { full }));
        Assert.That(await Catalog.Capacity.ListAsync("vc-2", "Datastore:ds-1", now, default), Is.Empty);
        Assert.That(await Catalog.Capacity.ListDatastoresAsync(default), Is.EqualTo(new[] { Datastore with { Name = "renamed" } }));
    }
}
