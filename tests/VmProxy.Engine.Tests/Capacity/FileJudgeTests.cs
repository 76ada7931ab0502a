using VmProxy.Engine.Capacity.Files;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Tests.Capacity;

sealed class FileJudgeTests
{
    const string Ours = "8c057b9f-9e69-4ca8-bf98-3b1f3e6b5c2a";
    static readonly DateTimeOffset Now = Histories.Now;
    static readonly VmFileReferences Nothing = new(new HashSet<string>(), []);

    static readonly Datastore Vmfs = new() { Id = new ObjectId("Datastore", "datastore-1"), Name = "ds", Kind = DatastoreKind.Vmfs, VmfsUuid = "5f3e" };

    [TestCase("old/old.vmdk", true)]
    [TestCase("old/old-Snapshot3.vmem", true)]
    [TestCase("old/old.VMSN", true)]
    [TestCase("old/old-1a2b.vswp", true)]
    [TestCase("iso/debian.iso", false)]
    [TestCase("old/vmware.log", false)]
    [TestCase("old/old.nvram", false)]
    [TestCase("fcd/8f3e.vmdk", false)]
    [TestCase("catalog/shard/x.vmdk", false)]
    [TestCase("contentlib-1b2c/d/template.vmdk", false)]
    [TestCase("web/hbrdisk.RDID-1.vmdk", false)]
    [TestCase("hbr-replica/db.vmdk", false)]
    [TestCase(".vSphere-HA/x.vmdk", false)]
    [TestCase(".dvsData/x.vmdk", false)]
    [TestCase(".sdd.sf/x.vmdk", false)]
    [TestCase(".naa.6000/x.vmdk", false)]
    [TestCase("vmkdump/x.vmdk", false)]
    [TestCase(".iorm.sf/x.vmdk", false)]
    [TestCase("fcdx/x.vmdk", true)]
    public void Only_what_vms_leave_behind_is_told(string path, bool told) =>
        Assert.That(Judged(File(path)), Is.EqualTo(told ? new[] { $"[ds] {path}" } : []));

    [Test]
    public void What_a_vm_refers_to_is_not_told_and_neither_are_the_parts_of_its_disks()
    {
        var references = new VmFileReferences(new HashSet<string> { "[ds] web/web.vmdk" }, []);
        Assert.That(
            Judged(references, File("web/web.vmdk"), File("web/web-flat.vmdk"), File("web/web-ctk.vmdk"), File("web/web-000001.vmdk"), File("web/web-000001-sesparse.vmdk")),
            Is.EqualTo(new[] { "[ds] web/web-000001.vmdk" }));
        Assert.That(Judged(references, File("web/web-flat.vmdk")), Is.Empty, "nor where a search does not show its descriptor");
    }

    [Test]
    public void A_disk_is_as_large_as_its_parts_and_told_once()
    {
        var found = FileJudge.Judge([File("old/old.vmdk", 512), File("old/old-flat.vmdk", 5 << 20)], Nothing, Ours, Now).Files;
        Assert.That(found.Select(file => (file.File, file.Bytes)), Is.EqualTo(new[] { ("[ds] old/old.vmdk", 5L << 20) }));
        Assert.That(Judged(File("old/old-flat.vmdk", 5 << 20)), Is.EqualTo(new[] { "[ds] old/old-flat.vmdk" }), "without its descriptor");
    }

    [Test]
    public void Young_small_and_open_files_are_left_out()
    {
        Assert.That(Judged(File("new/new.vmdk", modified: Now.AddHours(-23))), Is.Empty);
        Assert.That(Judged(File("new/new.vmdk", 600), File("new/new-flat.vmdk", 5 << 20, Now.AddHours(-1))), Is.Empty, "a part of it is young");
        Assert.That(Judged(File("old/old.vmdk", 1000)), Is.Empty);
        Assert.That(Judged(File("nfs/open.vmdk"), File("nfs/.lck-8e2f000000000000"), File("other/old.vmdk")), Is.EqualTo(new[] { "[ds] other/old.vmdk" }));
    }

    [Test]
    public void The_largest_come_first() => Assert.That(
        Judged(File("a/a.vmdk", 2 << 20), File("b/b.vmdk", 9 << 20)), Is.EqualTo(new[] { "[ds] b/b.vmdk", "[ds] a/a.vmdk" }));

    [Test]
    public void A_cluster_of_another_vcenter_on_the_datastore_stops_the_judge()
    {
        var foreign = File(".vSphere-HA/FDM-11111111-2222-3333-4444-555555555555-27-abc-vc2", folder: true);
        var own = File($".vSphere-HA/FDM-{Ours.ToUpperInvariant()}-27-abc-vc1", folder: true);
        Assert.That(FileJudge.Judge([foreign, File("old/old.vmdk")], Nothing, Ours, Now).LeftOut, Does.Contain("another vCenter"));
        Assert.That(Judged(own, File("old/old.vmdk")), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_datastore_that_cannot_be_judged_says_why()
    {
        Assert.That(FileJudge.Refusal(Vmfs, Nothing, []), Is.Null);
        Assert.That(FileJudge.Refusal(Vmfs with { Kind = DatastoreKind.Vsan, TypeName = "vsan" }, Nothing, []), Does.Contain("vsan"));
        Assert.That(FileJudge.Refusal(Vmfs, Nothing, [("second", Vmfs with { Name = "renamed" })]), Does.Contain("shared with vCenter second"));
        Assert.That(FileJudge.Refusal(Vmfs, Nothing, [("second", Vmfs with { VmfsUuid = "other", Url = "" })]), Is.Null);
        var nfs = Vmfs with { Kind = DatastoreKind.Nfs, VmfsUuid = null, RemoteHost = "nas", RemotePath = "/vol1" };
        Assert.That(FileJudge.Refusal(nfs, Nothing, [("second", nfs with { Url = "ds:///other" })]), Does.Contain("second"));
        Assert.That(FileJudge.Refusal(Vmfs, new VmFileReferences(new HashSet<string>(), [("lost", [])]), []), Does.Contain("lost"));
        Assert.That(FileJudge.Refusal(Vmfs, new VmFileReferences(new HashSet<string>(), [("lost", [Vmfs.Id])]), []), Does.Contain("lost"));
        Assert.That(FileJudge.Refusal(Vmfs, new VmFileReferences(new HashSet<string>(), [("lost", [new ObjectId("Datastore", "x")])]), []), Is.Null);
    }

    static string[] Judged(params DatastoreFile[] files) => Judged(Nothing, files);

    static string[] Judged(VmFileReferences references, params DatastoreFile[] files) =>
        [.. FileJudge.Judge(files, references, Ours, Now).Files.Select(file => file.File)];

    static DatastoreFile File(string path, long bytes = 5 << 20, DateTimeOffset? modified = null, bool folder = false) =>
        new(new DatastorePath("ds", path), bytes, modified ?? Now.AddDays(-30), folder);
}
