"""Snapshots, change tracking and changed areas, seen by a client that VmProxy's authors did not write."""
from lab import PC, expect, run, vim, vmodl

KB = 1024
BLOCK = 64 * KB


def set_cbt(lab, vm, enabled):
    lab.succeed(vm.ReconfigVM_Task(vim.vm.ConfigSpec(changeTrackingEnabled=enabled)))
    assert vm.config.changeTrackingEnabled == enabled


def snap(lab, vm, name):
    info = lab.succeed(vm.CreateSnapshot_Task(name, "made by pyVmomi", False, False))
    assert info.entity == vm and info.entityName == vm.name and info.descriptionId == "VirtualMachine.createSnapshot"
    return info.result


def disk_of(snapshot, number=0):
    return [device for device in snapshot.config.hardware.device if isinstance(device, vim.vm.device.VirtualDisk)][number]


def areas(vm, snapshot, change_id, key=2000):
    found, start, capacity = [], 0, [d for d in snapshot.config.hardware.device if d.key == key][0].capacityInBytes
    while start < capacity:
        answer = vm.QueryChangedDiskAreas(snapshot, key, start, change_id)
        assert answer.startOffset == start and answer.length > 0
        found += [(area.start, area.length) for area in answer.changedArea]
        start += answer.length
    return found


def incremental(lab):
    vm = lab.vm("web")
    assert vm.snapshot is None
    set_cbt(lab, vm, True)
    first = snap(lab, vm, "first")
    change = disk_of(first).backing.changeId
    assert "/" in change
    assert disk_of(first).backing.fileName == "[datastore1] web/web.vmdk" and disk_of(first).backing.parent is None
    leaf = [d for d in vm.config.hardware.device if d.key == 2000][0].backing
    assert leaf.fileName == "[datastore1] web/web-000001.vmdk" and leaf.parent.fileName == "[datastore1] web/web.vmdk"
    assert leaf.changeId is None
    assert areas(vm, first, "*") == [(1 << 20, 3 << 20)], areas(vm, first, "*")
    tree = vm.snapshot.rootSnapshotList[0]
    assert tree.name == "first" and tree.snapshot == first and vm.snapshot.currentSnapshot == first
    assert vm.rootSnapshot == [first] and first.vm == vm

    lab.control("/lab/guest/write", vm="web", disk=0, offset=5 * BLOCK + 100, length=10, seed=1)
    lab.control("/lab/guest/write", vm="web", disk=0, offset=40 * BLOCK, length=2 * BLOCK, seed=2)
    lab.succeed(first.RemoveSnapshot_Task(False))
    assert vm.snapshot is None and not vm.runtime.consolidationNeeded
    second = snap(lab, vm, "second")
    assert areas(vm, second, change) == [(5 * BLOCK, BLOCK), (40 * BLOCK, 2 * BLOCK)], areas(vm, second, change)
    assert areas(vm, second, disk_of(second).backing.changeId) == []
    expect(vmodl.fault.ManagedObjectNotFound, vm.QueryChangedDiskAreas, first, 2000, 0, change)
    expect(vmodl.fault.InvalidArgument, vm.QueryChangedDiskAreas, second, 2000, 0, "nonsense")
    expect(vmodl.fault.InvalidArgument, vm.QueryChangedDiskAreas, second, 1, 0, change)
    expect(vmodl.fault.InvalidArgument, vm.QueryChangedDiskAreas, second, 2000, 8 << 20, change)

    lab.control("/lab/operator/reset-cbt", vm="web")
    lab.succeed(second.RemoveSnapshot_Task(False))
    third = snap(lab, vm, "third")
    expect(vim.fault.FileFault, vm.QueryChangedDiskAreas, third, 2000, 0, change)

    lab.control("/lab/faults/arm", name="cbt-partial", count=3)
    lab.control("/lab/guest/write", vm="web", disk=0, offset=0, length=1, seed=1)
    lab.control("/lab/guest/write", vm="web", disk=0, offset=9 * BLOCK, length=1, seed=1)
    lab.control("/lab/guest/write", vm="web", disk=0, offset=20 * BLOCK, length=1, seed=1)
    lab.control("/lab/guest/write", vm="web", disk=0, offset=30 * BLOCK, length=1, seed=1)
    fourth = snap(lab, vm, "fourth")
    assert areas(vm, fourth, disk_of(third).backing.changeId) == [(n * BLOCK, BLOCK) for n in (0, 9, 20, 30)]
    lab.control("/lab/faults/arm", name="cbt-no-progress")
    assert vm.QueryChangedDiskAreas(fourth, 2000, 0, "*").length == 0


def revert(lab):
    vm = lab.vm("web")
    fourth = vm.snapshot.currentSnapshot
    third = vm.rootSnapshot[0]
    change = disk_of(fourth).backing.changeId
    lab.succeed(third.RevertToSnapshot_Task())
    assert vm.snapshot.currentSnapshot == third and vm.runtime.powerState == "poweredOff"
    lab.succeed(vm.PowerOnVM_Task())
    fifth = snap(lab, vm, "fifth")
    assert sorted(s._moId for s in third.childSnapshot) == sorted([fourth._moId, fifth._moId])
    expect(vim.fault.FileFault, vm.QueryChangedDiskAreas, fifth, 2000, 0, change)
    lab.succeed(third.RemoveSnapshot_Task(True))
    assert vm.snapshot is None, vm.snapshot
    assert [d for d in vm.config.hardware.device if d.key == 2000][0].backing.fileName == "[datastore1] web/web.vmdk"
    assert not vm.runtime.consolidationNeeded
    lab.fail(vm.PowerOnVM_Task(), vim.fault.InvalidPowerState)


def quiescing(lab):
    vm = lab.vm("web")
    quiet = vim.vm.GuestQuiesceSpec(timeout=5)
    info = lab.succeed(vm.CreateSnapshotEx_Task("quiet", None, False, quiet))
    assert vm.snapshot.rootSnapshotList[0].quiesced
    lab.succeed(vm.RemoveAllSnapshots_Task())
    lab.control("/lab/faults/arm", name="quiesce-fails")
    lab.fail(vm.CreateSnapshotEx_Task("quiet", None, False, quiet), vim.fault.ApplicationQuiesceFault)
    assert vm.snapshot is None
    lab.succeed(vm.CreateSnapshotEx_Task("crash", None, False, None))
    assert not vm.snapshot.rootSnapshotList[0].quiesced
    lab.succeed(vm.RemoveAllSnapshots_Task())


def refusals(lab):
    lab.fail(lab.vm("golden").CreateSnapshot_Task("no", None, False, False), vmodl.fault.NotSupported)
    fault = lab.fail(lab.vm("shared").CreateSnapshot_Task("no", None, False, False), vim.fault.SnapshotIncompatibleDeviceInVm)
    assert isinstance(fault.error.fault, vim.fault.DeviceNotSupported), fault.error
    lab.fail(lab.vm("lost").CreateSnapshot_Task("no", None, False, False), vim.fault.InvalidState)
    vm = lab.vm("off")
    lab.control("/lab/faults/arm", name="full-datastore:datastore1")
    vm.datastore[0].RefreshDatastore()
    assert vm.datastore[0].summary.freeSpace == 0
    fault = lab.fail(vm.CreateSnapshot_Task("no", None, False, False), vim.fault.NoDiskSpace)
    assert fault.error.datastore == "datastore1"
    lab.control("/lab/faults/disarm", name="full-datastore:datastore1")
    vm.datastore[0].RefreshDatastore()
    assert vm.datastore[0].summary.freeSpace > 0
    lab.succeed(vm.CreateSnapshot_Task("yes", None, False, False))
    lab.succeed(vm.RemoveAllSnapshots_Task())


def depth(lab):
    vm = lab.vm("off")
    for number in range(32):
        lab.succeed(vm.CreateSnapshot_Task(f"level {number}", None, False, False))
    lab.fail(vm.CreateSnapshot_Task("one too many", None, False, False), vim.fault.TooManySnapshotLevels)
    disk = disk_of(vm.snapshot.currentSnapshot)
    links, backing = 0, disk.backing
    while backing is not None:
        links, backing = links + 1, backing.parent
    assert links == 32, links
    lab.succeed(vm.RemoveAllSnapshots_Task())
    assert vm.snapshot is None


def cbt_under_snapshots(lab):
    """Accepted silently, and wrong: nobody may trust it."""
    vm = lab.vm("off")
    old = snap(lab, vm, "old")
    set_cbt(lab, vm, True)
    first = snap(lab, vm, "first")
    for block in (0, 1, 2, 3):
        lab.control("/lab/guest/write", vm="off", disk=0, offset=block * BLOCK, length=1, seed=1)
    second = snap(lab, vm, "second")
    assert disk_of(old).backing.changeId is None
    assert areas(vm, second, disk_of(first).backing.changeId) == [(0, BLOCK), (2 * BLOCK, BLOCK)]
    expect(vim.fault.FileFault, vm.QueryChangedDiskAreas, old, 2000, 0, "*")
    lab.succeed(vm.RemoveAllSnapshots_Task())
    set_cbt(lab, vm, False)


run([incremental, revert, quiescing, refusals, depth, cbt_under_snapshots])
