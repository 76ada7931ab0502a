using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Guard;
using VmProxy.Engine.Sessions;
using VmProxy.Lab;
using VmProxy.LabTesting;

namespace VmProxy.Engine.Tests.Guard;

/// <summary>No snapshot where there is no room for the floor, what the guest will write, and merging that back.</summary>
sealed class RoomTests : GuardFixture
{
    [Test]
    public async Task Without_room_for_the_expected_delta_and_its_merge_there_is_no_snapshot_and_the_refusal_says_what_is_wanted()
    {
        await StartAsync(64, 16, "web01");
        Bench.Guard["ChangePercentPerHour"] = 100; // a quarter of the disk in the shortest time that is assumed: 4 MiB, and as much again for the thin base
        LeaveFree(8);
        var vm = Only(await BackupAsync(), Outcome.Failed);
        Assert.That((vm.Error!.Code, vm.Error.Object), Is.EqualTo((ReasonCodes.NoRoom, "web01 / datastore ds1")));
        Assert.That(vm.Error.ToString(), Does.Contain("8.0 MiB of 64.0 MiB are free").And.Contain("1.0 MiB that must stay free")
            .And.Contain("4.1 MiB that the guest may write in 15.0 min").And.Contain("100 % of a disk an hour, for want of a history").And.Contain("VmProxy:Guard"));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);

        LeaveFree(10);
        Only(await BackupAsync());
        Assert.That(Datastore().LowestFree, Is.Positive);
    }

    [Test]
    public async Task A_thick_disk_needs_no_room_to_merge_into()
    {
        await StartAsync(options =>
        {
            options.Datastores.Add(new LabDatastoreOptions { Name = "ds1", Capacity = 64 * MiB });
            options.VirtualMachines.Add(LabBench.Vm("web01"));
            options.VirtualMachines[0].Disks[0].Thin = false;
        });
        Bench.Guard["ChangePercentPerHour"] = 100;
        LeaveFree(8);
        Only(await BackupAsync());
        LeaveFree(4);
        Assert.That(Only(await BackupAsync(BackupLevel.Full), Outcome.Failed).Error!.Code, Is.EqualTo(ReasonCodes.NoRoom));
    }

    [Test]
    public async Task The_change_rate_comes_from_the_vms_own_points()
    {
        await StartAsync(96, 32, "web01");
        Only(await BackupAsync());
        await Bench.Lab.Control.Guest.WriteRandomAsync("web01", 0, 8 * MiB, 4 * MiB, seed: 1);
        Only(await BackupAsync());

        // 4 MiB within the shortest span, a minute, are 60 MiB in a quarter of an hour, which no delta of this disk exceeds.
        LeaveFree(60);
        var vm = Only(await BackupAsync(), Outcome.Failed);
        Assert.That(vm.Error!.Message, Does.Contain("at the highest rate that its points show").And.Contain("32.5 MiB that the guest may write"));
    }

    [Test]
    public async Task Each_datastore_that_receives_a_delta_is_asked_and_no_other()
    {
        await StartAsync(options =>
        {
            options.Datastores.AddRange(new[] { "ds1", "ds2", "ds3" }.Select(name => new LabDatastoreOptions { Name = name, Capacity = 64 * MiB }));
            var vm = LabBench.Vm("web01");
            vm.Disks.Add(new LabDiskOptions { Size = MiB, Datastore = "ds2" });
            vm.Disks.Add(new LabDiskOptions { Size = MiB, Datastore = "ds3", Mode = "independent_persistent" });
            options.VirtualMachines.Add(vm);
        });
        LeaveFree(0, "ds3");
        Assert.That((await BackupAsync()).VirtualMachines.Single().Point, Is.Not.Null, "a disk that no snapshot holds takes no room");
        LeaveFree(0, "ds2");
        var refused = (await BackupAsync()).VirtualMachines.Single();
        Assert.That((refused.Error?.Code, refused.Error?.Object), Is.EqualTo((ReasonCodes.NoRoom, "web01 / datastore ds2")));
    }

    [Test]
    public async Task A_repository_without_room_for_a_full_gets_none_and_its_own_history_is_believed()
    {
        await StartAsync(64, 16, "web01");
        var free = 4L * MiB;
        var parts = new SessionParts { Folders = folder => new FolderSpace(100 * MiB, folder == Bench.RepositoryFolder ? free : 50 * MiB) };
        var refused = Only(await BackupAsync(parts), Outcome.Failed);
        Assert.That((refused.Error!.Code, refused.Error.Object), Is.EqualTo((GuardCodes.RepositoryFull, "web01 / repository main")));
        Assert.That(refused.Error.Message, Does.Contain("4.0 MiB of 100.0 MiB are free").And.Contain("all that its disks hold"));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);

        free = 7 * MiB;
        Only(await BackupAsync(parts));
        free = 2 * MiB;
        Only(await BackupAsync(parts));
        refused = Only(await BackupAsync(parts, BackupLevel.Full), Outcome.Failed);
        Assert.That(refused.Error!.Message, Does.Contain("as its largest recent full"));
    }

    [Test]
    public async Task A_state_folder_without_room_ends_it_before_any_change()
    {
        await StartAsync(64, 16, "web01");
        var refused = Only(
            await BackupAsync(new SessionParts { Folders = folder => new FolderSpace(100 * MiB, folder == Bench.RepositoryFolder ? 50 * MiB : 1000) }),
            Outcome.Failed);
        Assert.That(refused.Error!.Code, Is.EqualTo(GuardCodes.StateFull));
        Assert.That(Bench.Lab.Control.Snapshots(), Is.Empty);
    }
}
