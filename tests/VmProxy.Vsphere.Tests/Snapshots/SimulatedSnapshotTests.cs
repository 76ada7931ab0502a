using VmProxy.Testing;

namespace VmProxy.Vsphere.Tests.Snapshots;

/// <summary>Snapshots and lent disks against a server that this project did not write.</summary>
public sealed class SimulatedSnapshotTests
{
    VcsimProcess _server = null!;
    VcenterConnection _connection = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _server = await VcsimProcess.StartAsync([]);
        _connection = await Simulated.ConnectAsync(_server);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Test]
    public async Task A_snapshot_is_made_found_read_and_removed()
    {
        var vm = await Simulated.VmAsync(_connection, "DC0_C0_RP0_VM0");
        var created = await _connection.Snapshots.CreateAsync(vm.Id, "ours", "run 1", QuiescePolicy.Never, CancellationToken.None);
        Assert.That(created.Quiesced, Is.False);

        var found = await _connection.Snapshots.FindAsync(vm.Id, "ours", "run 1", CancellationToken.None);
        Assert.That(found?.Id, Is.EqualTo(created.Snapshot));
        Assert.That(await _connection.Snapshots.FindAsync(vm.Id, "ours", "run 2", CancellationToken.None), Is.Null);

        var again = await _connection.Snapshots.CreateAsync(vm.Id, "ours", "run 1", QuiescePolicy.Never, CancellationToken.None);
        Assert.That(again.Snapshot, Is.EqualTo(created.Snapshot), "a second call adopts the first one's");

        var state = await _connection.Snapshots.ReadDisksAsync(vm.Id, created.Snapshot, CancellationToken.None);
        Assert.That(state.Disks.Single().FileName, Is.EqualTo(vm.Disks.Single().FileName));
        Assert.That(state.ConfigXml, Does.Contain("ParaVirtualSCSIController"));
        Assert.That((await _connection.Snapshots.CheckAsync(state, CancellationToken.None)).Holds);

        var removed = await _connection.Snapshots.RemoveAsync(vm.Id, created.Snapshot, CancellationToken.None);
        Assert.That(removed.WasPresent);
        Assert.That(removed.ConsolidationFailure, Is.Null);
        Assert.That(await _connection.Snapshots.ListAsync(vm.Id, CancellationToken.None), Is.Empty);
        Assert.That((await _connection.Snapshots.CheckAsync(state, CancellationToken.None)).Code, Is.EqualTo(SnapshotCheckCodes.Gone));
        Assert.That((await _connection.Snapshots.RemoveAsync(vm.Id, created.Snapshot, CancellationToken.None)).WasPresent, Is.False);
    }

    [Test]
    public async Task Children_of_a_removed_snapshot_stay()
    {
        var vm = await Simulated.VmAsync(_connection, "DC0_C0_RP0_VM0");
        var lower = await _connection.Snapshots.CreateAsync(vm.Id, "lower", "", QuiescePolicy.Never, CancellationToken.None);
        var upper = await _connection.Snapshots.CreateAsync(vm.Id, "upper", "", QuiescePolicy.Never, CancellationToken.None);
        var both = await _connection.Snapshots.ListAsync(vm.Id, CancellationToken.None);
        Assert.That(both.Select(snapshot => (snapshot.Name, snapshot.Depth, snapshot.Parent)), Is.EqualTo(new (string, int, ObjectId?)[]
        {
            ("lower", 1, null),
            ("upper", 2, lower.Snapshot),
        }));

        await _connection.Snapshots.RemoveAsync(vm.Id, lower.Snapshot, CancellationToken.None);
        Assert.That(
            (await _connection.Snapshots.ListAsync(vm.Id, CancellationToken.None)).Select(snapshot => snapshot.Id),
            Is.EqualTo(new[] { upper.Snapshot }));
        await _connection.Snapshots.RemoveAsync(vm.Id, upper.Snapshot, CancellationToken.None);
    }

    [Test]
    public async Task A_disk_is_lent_and_taken_back()
    {
        var vm = await Simulated.VmAsync(_connection, "DC0_C0_RP0_VM0");
        var proxy = await Simulated.VmAsync(_connection, "DC0_C0_RP0_VM1");
        var lent = DiskToAttach.Of(vm.Disks.Single());

        var attached = await _connection.Disks.AttachAsync(proxy.Id, lent, CancellationToken.None);
        Assert.That(
            attached, Has.Property(nameof(attached.FileName)).EqualTo(lent.FileName).And.Property(nameof(attached.UnitNumber)).EqualTo(1));
        var present = (await _connection.Disks.ListAsync(proxy.Id, CancellationToken.None)).Single(disk => disk.Key == attached.Key);
        Assert.That(present.DiskMode, Is.EqualTo("independent_nonpersistent"));

        Assert.That(await _connection.Disks.DetachAsync(proxy.Id, attached.Key, lent.FileName, CancellationToken.None));
        Assert.That(
            (await _connection.Disks.ListAsync(proxy.Id, CancellationToken.None)).Select(disk => disk.FileName),
            Does.Not.Contain(lent.FileName));
        Assert.That(await _connection.Disks.DetachAsync(proxy.Id, attached.Key, lent.FileName, CancellationToken.None), Is.False);
        Assert.That((await _connection.VirtualMachines.ReadAsync(vm.Id, CancellationToken.None)).Disks, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Changed_areas_that_the_server_does_not_know_are_unavailable()
    {
        var vm = await Simulated.VmAsync(_connection, "DC0_C0_RP0_VM1");
        var answer = await _connection.ChangedAreas.QueryAsync(
            vm.Id,
            new ObjectId("VirtualMachineSnapshot", "snapshot-1"),
            vm.Disks[0].Key,
            vm.Disks[0].CapacityBytes,
            "52/1",
            CancellationToken.None);
        Assert.That(answer, Is.InstanceOf<ChangedAreas.Unavailable>().With.Property("Code").EqualTo(ChangeTrackingCodes.NotSupported));
    }

    [Test]
    public async Task Files_are_downloaded_up_to_a_limit()
    {
        var vm = await Simulated.VmAsync(_connection, "DC0_C0_RP0_VM0");
        string log = vm.VmxPath![..vm.VmxPath!.LastIndexOf('/')] + "/vmware.log";
        using var content = new MemoryStream();
        long length = await _connection.Datastores.DownloadAsync(vm.Datacenter!, log, content, 1 << 20, CancellationToken.None);
        Assert.That(length, Is.GreaterThan(0).And.EqualTo(content.Length));

        var tooLarge = Assert.ThrowsAsync<VsphereException>(
            async () => await _connection.Datastores.DownloadAsync(vm.Datacenter!, log, new MemoryStream(), length - 1, CancellationToken.None));
        Assert.That(tooLarge!.Code, Is.EqualTo(VsphereErrorCodes.FileTooLarge));
        var missing = Assert.ThrowsAsync<VsphereException>(
            async () => await _connection.Datastores.DownloadAsync(vm.Datacenter!, log + "x", new MemoryStream(), 10, CancellationToken.None));
        Assert.That(missing!.Code, Is.EqualTo(VsphereErrorCodes.NotFound));
    }
}
