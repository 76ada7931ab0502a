using System.Text;

namespace VmProxy.Vsphere.Tests.Datastores;

public sealed class DatastoreTests
{
    static CancellationToken None => CancellationToken.None;

    [Test]
    public async Task Free_space_is_refreshed_and_read()
    {
        await using var lab = await Lab.StartAsync();
        var inventory = await lab.Connection.ReadInventoryAsync(None);
        var datastore = inventory.Datastores.Single();
        await lab.Connection.Datastores.RefreshAsync(datastore.Id, None);
        var read = await lab.Connection.Datastores.ReadAsync(datastore.Id, None);
        Assert.That(read.FreeBytes, Is.EqualTo(lab.Server.Control.State().Datastores.Single().Free));
        Assert.That(read.CapacityBytes, Is.EqualTo(1L << 40));
        Assert.That(read.Mounts.Single().Host, Is.EqualTo(inventory.Hosts.Single().Id));
    }

    [Test]
    public async Task Requirement_10_what_a_guest_wrote_since_a_snapshot_is_measured_by_the_files_above_it()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        await lab.Server.Control.Operator.CreateSnapshotAsync(vm.Name, "older");
        await lab.Server.Control.Guest.WriteRandomAsync(vm.Name, 0, 0, 1 << 20, seed: 1);
        var made = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "x", QuiescePolicy.Never, None);
        var before = await lab.Connection.Datastores.MeasureAsync(vm.Id, made.Snapshot, None);
        await lab.Server.Control.Guest.WriteRandomAsync(vm.Name, 0, 0, 300_000, seed: 2);
        var after = await lab.Connection.Datastores.MeasureAsync(vm.Id, made.Snapshot, None);
        Assert.That(before.Deltas.Sum(delta => delta.Bytes), Is.LessThan(64 << 10));
        Assert.That(after.Deltas.Sum(delta => delta.Bytes), Is.InRange(300_000, 400_000));
        Assert.That(after.Deltas.Where(delta => delta.Bytes > 100_000).Select(delta => delta.DiskKey), Is.EqualTo(new[] { vm.Disks[0].Key }));
        Assert.That(after.CommittedBytes - before.CommittedBytes, Is.InRange(300_000, 400_000));
        Assert.That((await lab.Connection.Datastores.MeasureAsync(vm.Id, null, None)).Deltas, Is.Empty);
        Assert.That(vm.SnapshotDirectory, Does.StartWith($"[{DatastoreOf(vm.VmxPath!)}] "));

        static string DatastoreOf(string file) => DatastorePath.TryParse(file, out var path) ? path.Datastore : "";
    }

    [Test]
    public async Task Configuration_files_are_downloaded_whole()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        foreach (var file in vm.ConfigurationFiles)
        {
            using var content = new MemoryStream();
            long length = await lab.Connection.Datastores.DownloadAsync(vm.Datacenter!, file.Path, content, 1 << 20, None);
            Assert.That(length, Is.EqualTo(file.Length), file.Path);
            if (file.Kind == "config")
            {
                Assert.That(Encoding.UTF8.GetString(content.ToArray()), Does.Contain("displayName"));
            }
        }
    }

    [Test]
    public async Task A_download_that_ends_early_is_an_error()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("truncate-download");
        var failure = Assert.ThrowsAsync<VsphereException>(
            async () => await lab.Connection.Datastores.DownloadAsync(vm.Datacenter!, vm.VmxPath!, new MemoryStream(), 1 << 20, None));
        Assert.That(failure!.Code, Is.EqualTo(VsphereErrorCodes.Unreachable));
        Assert.That(failure.Message, Does.Contain(vm.VmxPath!));
    }

    [Test]
    public async Task Requirement_09_a_download_renews_an_ended_session()
    {
        await using var lab = await Lab.StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ExpireSessions();
        Assert.That(
            await lab.Connection.Datastores.DownloadAsync(vm.Datacenter!, vm.VmxPath!, new MemoryStream(), 1 << 20, None),
            Is.GreaterThan(0));
    }

    [Test]
    public void Names_are_escaped_once_more_than_the_server_stores_them()
    {
        var address = FolderDownload.Address(
            new Uri("https://vc.example.com/sdk"),
            new Datacenter(new ObjectId("Datacenter", "datacenter-2"), "A%2fB", "Folder ä/A%2fB"),
            new DatastorePath("ds 1+", "vm #1/a%b?.vmx"));
        Assert.That(
            address.AbsoluteUri,
            Is.EqualTo("https://vc.example.com/folder/vm%20%231/a%25b%3F.vmx?dcPath=Folder%20%C3%A4%2FA%252fB&dsName=ds%201%2B"));
    }

    [TestCase("[ds] a/b.vmdk", "ds", "a/b.vmdk")]
    [TestCase("[ds (1)] b.vmdk", "ds (1)", "b.vmdk")]
    public void A_file_name_is_taken_apart(string text, string datastore, string path)
    {
        Assert.That(DatastorePath.TryParse(text, out var parsed));
        Assert.That(parsed, Is.EqualTo(new DatastorePath(datastore, path)));
        Assert.That(parsed!.ToString(), Is.EqualTo(text));
    }

    [TestCase("a/b.vmdk")]
    [TestCase("[] a")]
    [TestCase("[ds]")]
    [TestCase("[ds] ")]
    [TestCase("")]
    public void What_is_no_file_name_is_refused(string text) => Assert.That(DatastorePath.TryParse(text, out _), Is.False);
}
