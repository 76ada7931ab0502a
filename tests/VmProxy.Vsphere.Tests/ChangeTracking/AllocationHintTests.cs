namespace VmProxy.Vsphere.Tests.ChangeTracking;

public sealed class AllocationHintTests
{
    static readonly Datastore Vmfs = new() { Id = new("Datastore", "datastore-1"), Name = "san", Kind = DatastoreKind.Vmfs };
    static readonly Datastore Nfs = new() { Id = new("Datastore", "datastore-2"), Name = "share", Kind = DatastoreKind.Nfs };

    static readonly VirtualDisk Disk = new()
    {
        Key = 2000,
        Label = "Hard disk 1",
        BackingKind = DiskBackingKind.Flat,
        FileName = "[san] vm/vm-000001.vmdk",
        ParentChain = ["[san] vm/vm.vmdk"],
        ChangeId = "52/1",
    };

    [Test]
    public void Requirement_05_a_tracked_disk_on_vmfs_may_be_read_where_it_is_allocated()
        => Assert.That(AllocationHint.Judge(Disk, [Vmfs, Nfs], null), Has
            .Property(nameof(TrustVerdict.IsTrusted)).True.And.Property(nameof(TrustVerdict.Code)).EqualTo(ChangeTrackingCodes.HintUsable));

    [Test]
    public void Requirement_05_everything_else_is_read_whole()
    {
        Expect(Disk with { ChangeId = null }, ChangeTrackingCodes.NoChangeId);
        Expect(Disk with { BackingKind = DiskBackingKind.RdmVirtual }, ChangeTrackingCodes.HintBacking);
        Expect(Disk with { ParentChain = ["[share] vm/vm.vmdk"] }, ChangeTrackingCodes.HintDatastore);
        Expect(Disk with { FileName = "[elsewhere] vm/vm.vmdk" }, ChangeTrackingCodes.HintDatastore);
        Expect(Disk with { FileName = "" }, ChangeTrackingCodes.HintDatastore);
    }

    [Test]
    public void Requirement_01_a_host_that_misreports_changes_is_not_asked_for_allocation()
    {
        var host = new Host { Id = new("HostSystem", "host-1"), Name = "esx1", Version = "6.0.0", Build = "3073146" };
        Assert.That(AllocationHint.Judge(Disk, [Vmfs], null, host).Code, Is.EqualTo(ChangeTrackingCodes.HostBuildKnownBad));
        Assert.That(AllocationHint.Judge(Disk, [Vmfs], null, host with { Build = "3247720" }).IsTrusted);
    }

    [Test]
    public void Requirement_05_two_datastores_of_one_name_must_both_be_vmfs_unless_the_datacenter_tells_them_apart()
    {
        var (here, there) = (new Datacenter(new("Datacenter", "datacenter-1"), "A", "A"), new Datacenter(
            new("Datacenter", "datacenter-2"), "B", "B"));
        Datastore[] both = [Vmfs with { Datacenter = here }, Nfs with { Name = "san", Datacenter = there }];
        Assert.That(AllocationHint.Judge(Disk, both, null).IsTrusted, Is.False);
        Assert.That(AllocationHint.Judge(Disk, both, here.Id).IsTrusted);
    }

    static void Expect(VirtualDisk disk, string code)
    {
        var verdict = AllocationHint.Judge(disk, [Vmfs, Nfs], null);
        Assert.That((verdict.IsTrusted, verdict.Code), Is.EqualTo((false, code)));
    }
}
