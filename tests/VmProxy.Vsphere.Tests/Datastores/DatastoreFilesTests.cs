using VmProxy.Testing;

namespace VmProxy.Vsphere.Tests.Datastores;

public sealed class DatastoreFilesTests
{
    static CancellationToken None => CancellationToken.None;

    [Test]
    public async Task Files_are_found_in_every_folder_and_those_of_vms_are_referred_to()
    {
        await using var lab = await Lab.StartAsync();
        var datastore = (await lab.Connection.ReadInventoryAsync(None)).Datastores.Single();
        await lab.Server.Control.Operator.CreateSnapshotAsync("web", "x");
        await lab.Connection.Datastores.RefreshAllAsync(None);
        var files = await lab.Connection.Files.SearchAsync(datastore, None);
        var references = await lab.Connection.Files.ReadReferencesAsync(None);
        var web = files.Single(file => file.Path.ToString() == "[datastore1] web/web.vmdk");
        Assert.That((web.IsFolder, web.Bytes), Is.EqualTo((false, web.Bytes)));
        Assert.That(web.Bytes, Is.InRange(1 << 20, 2 << 20), "with its extent");
        Assert.That(web.Modified, Is.EqualTo(TimeProvider.System.GetUtcNow()).Within(TimeSpan.FromMinutes(5)));
        Assert.That(files.Single(file => file.Path.Path == "web").IsFolder);
        var disks = files.Where(file => file.Path.Path.EndsWith(".vmdk", StringComparison.Ordinal)).Select(file => file.Path.ToString()).ToArray();
        Assert.That(
            disks.Where(file => !file.EndsWith("-flat.vmdk", StringComparison.Ordinal) && !file.EndsWith("-delta.vmdk", StringComparison.Ordinal)),
            Has.Exactly(5).Items, "two disks of web, each with a delta, and the proxy's");
        Assert.That(disks, Is.SubsetOf(references.Files));
        Assert.That(references.Unknown, Is.Empty);
    }

    [Test]
    public async Task A_vm_without_a_configuration_is_named_for_its_files_are_not_known()
    {
        await using var lab = await Lab.StartAsync(web => web.ConnectionState = "inaccessible");
        Assert.That((await lab.Connection.Files.ReadReferencesAsync(None)).Unknown.Select(vm => vm.Name), Is.EqualTo(new[] { "web" }));
    }

    [Test]
    public async Task A_refresh_of_all_brings_up_to_date_what_vms_take_and_tells_which_were_refused()
    {
        await using var lab = await Lab.StartAsync();
        await lab.Connection.ReadInventoryAsync(None);
        await lab.Server.Control.Operator.CreateSnapshotAsync("web", "x");
        await lab.Server.Control.Guest.WriteRandomAsync("web", 0, 0, 1 << 20, seed: 2);
        Assert.That(await lab.Connection.Datastores.RefreshAllAsync(None), Is.Empty);
        var vm = await lab.VmAsync();
        Assert.That(vm.Storage.Single().Datastore, Is.EqualTo("datastore1"));
        Assert.That(vm.Storage[0].SnapshotBytes, Is.InRange(1 << 20, 2 << 20).And.EqualTo(vm.Snapshots.Single().SizeBytes));
        Assert.That(vm.Storage[0].Bytes, Is.GreaterThan(vm.Storage[0].SnapshotBytes + (1 << 20)));
        Assert.That(vm.DeltaChains.Select(delta => delta.DiskKey), Is.EqualTo(vm.Disks.Select(disk => disk.Key)));
        Assert.That(vm.DeltaChains[0].Base, Is.EqualTo("[datastore1] web/web.vmdk"));
        lab.Server.Control.ArmFault("fault:RefreshDatastoreStorageInfo:HostNotReachable", count: 5);
        Assert.That(await lab.Connection.Datastores.RefreshAllAsync(None), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Another_server_is_searched_the_same_way()
    {
        await using var server = await VcsimProcess.StartAsync([]);
        await using var connection = await Simulated.ConnectAsync(server);
        var datastore = (await connection.ReadInventoryAsync(None)).Datastores[0];
        var files = await connection.Files.SearchAsync(datastore, None);
        Assert.That(files.Select(file => file.Path.ToString()), Has.Some.Matches<string>(path => path.EndsWith(".vmx", StringComparison.Ordinal) && path.StartsWith($"[{datastore.Name}] ", StringComparison.Ordinal)));
        var references = await connection.Files.ReadReferencesAsync(None);
        Assert.That(references.Files, Is.Not.Empty);
        Assert.That(files.Select(file => file.Path.ToString()).Where(references.Files.Contains), Is.Not.Empty);
    }
}
