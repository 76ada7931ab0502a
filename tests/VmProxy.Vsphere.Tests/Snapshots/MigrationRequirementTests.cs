namespace VmProxy.Vsphere.Tests.Snapshots;

/// <summary>Requirement 17: a VM that moves while it is backed up.</summary>
public sealed class MigrationRequirementTests
{
    static CancellationToken None => CancellationToken.None;

    [Test]
    public async Task Requirement_17_a_snapshot_whose_files_moved_is_told_from_one_that_changed()
    {
        await using var lab = await StartAsync();
        await lab.Server.Control.Operator.CreateSnapshotAsync("web", "of others");
        var (vm, state) = await SnapshotAsync(lab);
        await lab.Server.Control.Operator.CreateSnapshotAsync("web", "on top");
        await lab.Server.Control.Operator.RelocateAsync("web", null, "other");

        var check = await lab.Connection.Snapshots.CheckAsync(state, None);
        Assert.That((check.Holds, check.Code), Is.EqualTo((false, SnapshotCheckCodes.Moved)));
        Assert.That(check.Reason, Does.Contain("Hard disk 1 from [datastore1]").And.Contain("to [other]").And.Contain("Hard disk 2"));

        var now = await lab.Connection.Snapshots.ReadDisksAsync(vm.Id, state.Snapshot, None);
        Assert.That(now.Disks.Select(disk => disk.FileName), Has.All.StartWith("[other] "));
        Assert.That((await lab.Connection.Snapshots.CheckAsync(now, None)).Code, Is.EqualTo(SnapshotCheckCodes.Holds));
    }

    [Test]
    public async Task Requirement_17_a_move_does_not_hide_a_snapshot_that_was_removed_below()
    {
        await using var lab = await StartAsync();
        await lab.Server.Control.Operator.CreateSnapshotAsync("web", "of others");
        var (vm, state) = await SnapshotAsync(lab);
        await lab.Server.Control.Operator.RelocateAsync("web", null, "other");
        var below = (await lab.Connection.Snapshots.ListAsync(vm.Id, None)).Single(snapshot => snapshot.Name == "of others");
        await lab.Connection.Snapshots.RemoveAsync(vm.Id, below.Id, None);
        Assert.That((await lab.Connection.Snapshots.CheckAsync(state, None)).Code, Is.EqualTo(SnapshotCheckCodes.ChainChanged));
    }

    [Test]
    public async Task Requirement_17_a_change_of_hosts_alone_leaves_the_snapshot_good_and_is_told()
    {
        await using var lab = await StartAsync();
        var (_, state) = await SnapshotAsync(lab);
        await lab.Server.Control.Operator.RelocateAsync("web", "esx2.lab.example", null);
        var check = await lab.Connection.Snapshots.CheckAsync(state, None);
        Assert.That(check.Holds);
        Assert.That(check.HostId, Is.Not.EqualTo(state.HostId).And.Not.Null);
    }

    [Test]
    public async Task Requirement_17_a_snapshot_waits_until_a_migration_has_ended()
    {
        await using var lab = await StartAsync();
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("delay-task:RelocateVM_Task:0.6");
        lab.Server.Control.Operator.BeginRelocation("web", null, "other");
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None);
        var state = await lab.Connection.Snapshots.ReadDisksAsync(vm.Id, created.Snapshot, None);
        Assert.That(state.Disks.Select(disk => disk.FileName), Has.All.StartWith("[other] "), "the migration came first");
        Assert.That(lab.Server.Control.State().VirtualMachines.Single(found => found.Name == "web").Snapshots, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Requirement_17_a_migration_is_not_waited_for_without_end()
    {
        Assert.That(new VcenterOptions { Name = "", Url = new Uri("https://x"), User = "", Password = "" }.BusyLimit, Is.LessThanOrEqualTo(TimeSpan.FromMinutes(10)));
        await using var lab = await Lab.StartAsync(
            options: options => options.Datastores = [new() { Name = "datastore1" }, new() { Name = "other" }],
            connect: options => options with { BusyLimit = TimeSpan.FromMilliseconds(200) });
        var vm = await lab.VmAsync();
        lab.Server.Control.ArmFault("hang-task:RelocateVM_Task");
        lab.Server.Control.Operator.BeginRelocation("web", null, "other");
        var failure = Assert.ThrowsAsync<VsphereException>(
            async () => await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None));
        Assert.That(failure!.Code, Is.EqualTo(VsphereErrorCodes.TaskInProgress));
        Assert.That(lab.Server.Control.Snapshots(), Is.Empty);
    }

    static Task<Lab> StartAsync() => Lab.StartAsync(options: options =>
    {
        options.Hosts = ["esx1.lab.example", "esx2.lab.example"];
        options.Datastores = [new() { Name = "datastore1" }, new() { Name = "other" }];
    });

    static async Task<(VirtualMachine Vm, SnapshotState State)> SnapshotAsync(Lab lab)
    {
        var vm = await lab.VmAsync();
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None);
        return (vm, await lab.Connection.Snapshots.ReadDisksAsync(vm.Id, created.Snapshot, None));
    }
}
