namespace VmProxy.Vsphere.Tests.Disks;

public sealed class ProxyDisksTests
{
    static CancellationToken None => CancellationToken.None;

    [Test]
    public async Task Requirement_08_a_lent_disk_is_independent_nonpersistent_and_leaves_its_files_behind()
    {
        await using var lab = await Lab.StartAsync();
        var (proxy, state) = await PrepareAsync(lab);
        var attached = await lab.Connection.Disks.AttachAsync(proxy, DiskToAttach.Of(state.Disks[0]), None);
        Assert.That(attached.Uuid, Is.EqualTo(state.Disks[0].Uuid));
        Assert.That(attached.UnitNumber, Is.Not.EqualTo(7));
        var foreign = Foreign(lab).Single();
        Assert.That(foreign.Mode, Is.EqualTo("independent_nonpersistent"));
        Assert.That(foreign.DevicePath, Does.Exist);

        Assert.That(await lab.Connection.Disks.DetachAsync(proxy, attached.Key, attached.FileName, None));
        Assert.That(Foreign(lab), Is.Empty);
        Assert.That((await lab.Connection.Snapshots.CheckAsync(state, None)).Holds, "the files are untouched");
    }

    [Test]
    public async Task Requirement_08_a_disk_that_is_not_ours_is_never_detached()
    {
        await using var lab = await Lab.StartAsync();
        var (proxy, state) = await PrepareAsync(lab);
        var attached = await lab.Connection.Disks.AttachAsync(proxy, DiskToAttach.Of(state.Disks[0]), None);
        var own = (await lab.Connection.Disks.ListAsync(proxy, None)).FirstOrDefault(disk => disk.Key != attached.Key);
        Assert.That(
            await lab.Connection.Disks.DetachAsync(proxy, attached.Key, "[datastore1] other/other.vmdk", None),
            Is.False,
            "that file is not attached");
        Expect(VsphereErrorCodes.DiskNotOurs, () => lab.Connection.Disks.DetachAsync(proxy, attached.Key + 1, attached.FileName, None));
        if (own is not null)
        {
            Expect(VsphereErrorCodes.DiskNotOurs, () => lab.Connection.Disks.DetachAsync(proxy, own.Key, own.FileName, None));
        }

        Assert.That(Foreign(lab), Has.Length.EqualTo(1), "nothing was detached");
    }

    [Test]
    public async Task Requirement_08_a_lost_answer_leaves_one_disk_and_not_two()
    {
        await using var lab = await Lab.StartAsync();
        var (proxy, state) = await PrepareAsync(lab);
        lab.Server.Control.ArmFault("drop-connection:ReconfigVM:after");
        var attached = await lab.Connection.Disks.AttachAsync(proxy, DiskToAttach.Of(state.Disks[0]), None);
        Assert.That(Foreign(lab).Select(disk => disk.Key), Is.EqualTo(new[] { attached.Key }));
        lab.Server.Control.ArmFault("drop-connection:ReconfigVM:after");
        Assert.That(await lab.Connection.Disks.DetachAsync(proxy, attached.Key, attached.FileName, None));
        Assert.That(Foreign(lab), Is.Empty);
    }

    [Test]
    public async Task A_locked_file_is_told_at_once_so_that_another_transport_can_be_chosen()
    {
        await using var lab = await Lab.StartAsync();
        var (proxy, state) = await PrepareAsync(lab);
        lab.Server.Control.ArmFault("fail-task:ReconfigVM_Task:FileLocked", count: 100);
        Expect(VsphereErrorCodes.FileLocked, () => lab.Connection.Disks.AttachAsync(proxy, DiskToAttach.Of(state.Disks[0]), None));
        Assert.That(lab.Server.Control.ArmedFaults.Single().Count, Is.EqualTo(99), "one attempt");
    }

    [Test]
    public async Task Many_disks_are_lent_side_by_side_to_places_of_their_own()
    {
        await using var lab = await Lab.StartAsync(
            web => web.Disks = [.. Enumerable.Range(0, 12).Select(_ => new VmProxy.Lab.LabDiskOptions { Size = 1 << 20 })]);
        var (proxy, state) = await PrepareAsync(lab);
        var attached = await Task.WhenAll(state.Disks.Select(disk => lab.Connection.Disks.AttachAsync(proxy, DiskToAttach.Of(disk), None)));
        Assert.That(attached.Select(disk => (disk.BusNumber, disk.UnitNumber)).Distinct().Count(), Is.EqualTo(12));
        await Task.WhenAll(attached.Select(disk => lab.Connection.Disks.DetachAsync(proxy, disk.Key, disk.FileName, None)));
        Assert.That(Foreign(lab), Is.Empty);
    }

    [Test]
    public async Task Two_proxy_processes_lend_disks_to_one_proxy_vm_without_taking_each_others_places()
    {
        await using var lab = await Lab.StartAsync(
            web => web.Disks = [.. Enumerable.Range(0, 12).Select(_ => new VmProxy.Lab.LabDiskOptions { Size = 1 << 20 })]);
        await using var other = await Simulated.ConnectAsync(Lab.Options(lab.Server));
        var (proxy, state) = await PrepareAsync(lab);
        var attached = await Task.WhenAll(state.Disks.Select(
            (disk, number) => (number % 2 == 0 ? lab.Connection : other).Disks.AttachAsync(proxy, DiskToAttach.Of(disk), None)));
        Assert.That(attached.Select(disk => (disk.BusNumber, disk.UnitNumber)).Distinct().Count(), Is.EqualTo(12));
        Assert.That(attached.Select(disk => disk.FileName), Is.EquivalentTo(state.Disks.Select(disk => disk.FileName)));
    }

    [Test]
    public async Task A_refusal_that_no_taken_place_explains_is_told_at_once()
    {
        await using var lab = await Lab.StartAsync();
        var (proxy, state) = await PrepareAsync(lab);
        lab.Server.Control.ArmFault("fail-task:ReconfigVM_Task:InvalidDeviceSpec", count: 100);
        Expect(VsphereErrorCodes.TaskFailed, () => lab.Connection.Disks.AttachAsync(proxy, DiskToAttach.Of(state.Disks[0]), None));
        Assert.That(lab.Server.Control.ArmedFaults.Single().Count, Is.EqualTo(99), "one attempt");
    }

    [Test]
    public async Task What_cannot_be_lent_is_refused_before_any_change()
    {
        await using var lab = await Lab.StartAsync();
        var (proxy, state) = await PrepareAsync(lab);
        var disk = DiskToAttach.Of(state.Disks[0]);
        Expect(
            VsphereErrorCodes.DiskUnsupported,
            () => lab.Connection.Disks.AttachAsync(proxy, disk with { BackingKind = DiskBackingKind.LocalPmem }, None));
        await lab.Connection.Disks.AttachAsync(proxy, disk, None);
        Expect(VsphereErrorCodes.DiskAlreadyAttached, () => lab.Connection.Disks.AttachAsync(proxy, disk, None));
        Assert.That(Foreign(lab), Has.Length.EqualTo(1));
    }

    [Test]
    public void Free_places_leave_out_the_controllers_own_unit_and_prefer_paravirtual_controllers()
    {
        var vm = new VirtualMachine
        {
            Id = new ObjectId("VirtualMachine", "vm-1"),
            Name = "proxy",
            HardwareVersion = 13,
            Controllers =
            [
                new DiskController(1000, "VirtualLsiLogicController", 0, "noSharing", 7),
                new DiskController(1001, "ParaVirtualSCSIController", 1, "noSharing", 7),
                new DiskController(1002, "ParaVirtualSCSIController", 2, "physicalSharing", 7),
                new DiskController(1003, "VirtualBusLogicController", 3, "noSharing", 7),
            ],
        };
        var places = FreeUnit.Of(vm, new HashSet<(int, int)> { (1001, 0) }).Select(place => (place.Controller.Key, place.Unit)).ToArray();
        Assert.That(places[0], Is.EqualTo((1001, 1)));
        Assert.That(places, Has.Length.EqualTo(14 + 15));
        Assert.That(places.Select(place => place.Unit), Has.None.EqualTo(7));
        Assert.That(FreeUnit.Of(vm with { HardwareVersion = 14 }, new HashSet<(int, int)>()).Count(), Is.EqualTo(63 + 15));
    }

    static async Task<(ObjectId Proxy, SnapshotState State)> PrepareAsync(Lab lab)
    {
        var vm = await lab.VmAsync();
        var created = await lab.Connection.Snapshots.CreateAsync(vm.Id, "ours", "run", QuiescePolicy.Never, None);
        return ((await lab.VmAsync("vmproxy")).Id, await lab.Connection.Snapshots.ReadDisksAsync(vm.Id, created.Snapshot, None));
    }

    static VmProxy.Lab.Control.LabDiskReport[] Foreign(Lab lab)
        => [.. lab.Server.Control.State().VirtualMachines.Single(vm => vm.Name == "vmproxy").Disks.Where(disk => disk.Foreign)];

    static void Expect(string code, Func<Task> action)
        => Assert.That(Assert.ThrowsAsync<VsphereException>(async () => await action())!.Code, Is.EqualTo(code));
}
