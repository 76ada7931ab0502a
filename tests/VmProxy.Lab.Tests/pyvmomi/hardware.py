"""Attaching another VM's frozen disk, locks that this creates, tasks, updates, faults and datastore files."""
import base64
import os
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from lab import CONTEXT, PC, Lab, expect, run, vim, vmodl

DISK = vim.vm.device.VirtualDisk
DEVICE = vim.vm.device.VirtualDeviceSpec


def attach_spec(file, unit=5, mode="independent_nonpersistent", controller=1000):
    return vim.vm.ConfigSpec(deviceChange=[DEVICE(operation="add", device=DISK(
        key=-1, controllerKey=controller, unitNumber=unit, capacityInKB=0,
        backing=DISK.FlatVer2BackingInfo(fileName=file, diskMode=mode)))])


def detach_spec(key):
    return vim.vm.ConfigSpec(deviceChange=[DEVICE(operation="remove", device=DISK(
        key=key, controllerKey=1000, capacityInKB=0, backing=DISK.FlatVer2BackingInfo(fileName="", diskMode="persistent")))])


def attached(vm):
    return [d for d in vm.config.hardware.device if isinstance(d, DISK) and "web" in d.backing.fileName]


def snap(lab, vm, name):
    return lab.succeed(vm.CreateSnapshot_Task(name, None, False, False)).result


def state(lab, name):
    with urllib.request.urlopen(lab.url.rstrip("/") + "/lab/state", context=CONTEXT) as answer:
        import json
        return [vm for vm in json.load(answer)["virtualMachines"] if vm["name"] == name][0]


def attach(lab):
    web, proxy = lab.vm("web"), lab.vm("vmproxy")
    lab.fail(proxy.ReconfigVM_Task(attach_spec("[datastore1] web/web.vmdk")), vim.fault.FileLocked)
    snapshot = snap(lab, web, "backup")
    lab.succeed(proxy.ReconfigVM_Task(attach_spec("[datastore1] web/web.vmdk")))
    disk, = attached(proxy)
    assert disk.unitNumber == 5 and disk.controllerKey == 1000 and disk.backing.diskMode == "independent_nonpersistent"
    device = [d for d in state(lab, "vmproxy")["disks"] if d["foreign"]][0]["devicePath"]
    assert os.path.basename(device) == "wwn-0x" + disk.backing.uuid.replace("-", "").lower()
    assert os.path.getsize(device) == disk.capacityInBytes
    assert os.stat(device).st_nlink == 2

    lab.fail(proxy.ReconfigVM_Task(attach_spec("[datastore1] web/web.vmdk", unit=6)), vim.fault.FileLocked)
    lab.fail(proxy.ReconfigVM_Task(attach_spec("[datastore1] web/none.vmdk", unit=6)), vim.fault.FileNotFound)
    lab.fail(proxy.ReconfigVM_Task(attach_spec("[datastore1] web/web_1.vmdk", unit=5)), vim.fault.InvalidDeviceSpec)
    lab.fail(proxy.ReconfigVM_Task(attach_spec("[datastore1] web/web_1.vmdk", unit=7)), vim.fault.InvalidDeviceSpec)
    lab.fail(proxy.ReconfigVM_Task(attach_spec("[datastore1] web/web_1.vmdk", controller=4711)), vim.fault.InvalidDeviceSpec)
    lab.fail(proxy.ReconfigVM_Task(attach_spec("[datastore1] web/web_1.vmdk", controller=200, unit=0)), vim.fault.InvalidDeviceSpec)

    lab.fail(snapshot.RemoveSnapshot_Task(False), vim.fault.FileLocked)
    assert web.snapshot is None and web.runtime.consolidationNeeded
    lab.fail(web.ConsolidateVMDisks_Task(), vim.fault.FileLocked)
    lab.succeed(proxy.ReconfigVM_Task(detach_spec(disk.key)))
    assert not attached(proxy) and not os.path.exists(device)
    lab.fail(proxy.ReconfigVM_Task(detach_spec(disk.key)), vim.fault.InvalidDeviceSpec)
    lab.succeed(web.ConsolidateVMDisks_Task())
    assert not web.runtime.consolidationNeeded


def attach_chain(lab):
    """A frozen chain of two appears as one disk with what it reads as."""
    web, proxy = lab.vm("web"), lab.vm("vmproxy")
    snap(lab, web, "one")
    lab.control("/lab/guest/write", vm="web", disk=0, offset=70000, length=100, seed=3)
    second = snap(lab, web, "two")
    frozen = [d for d in second.config.hardware.device if d.key == 2000][0].backing.fileName
    assert frozen == "[datastore1] web/web-000001.vmdk"
    lab.succeed(proxy.ReconfigVM_Task(attach_spec(frozen, unit=-1)))
    disk, = attached(proxy)
    device = [d for d in state(lab, "vmproxy")["disks"] if d["foreign"]][0]["devicePath"]
    with open(device, "rb") as file:
        file.seek(70000)
        assert any(file.read(100))
    lab.succeed(proxy.ReconfigVM_Task(detach_spec(disk.key)))
    lab.succeed(web.RemoveAllSnapshots_Task())


def grow(lab):
    web = lab.vm("web")
    disk = [d for d in web.config.hardware.device if d.key == 2000][0]
    disk.capacityInKB = disk.capacityInKB * 2
    disk.capacityInBytes = disk.capacityInKB * 1024
    lab.succeed(web.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=[DEVICE(operation="edit", device=disk)])))
    assert [d for d in web.config.hardware.device if d.key == 2000][0].capacityInBytes == 16 << 20


def extra_config(lab):
    web = lab.vm("web")
    option = vim.option.OptionValue(key="guestinfo.vmproxy", value="yes")
    lab.succeed(web.ReconfigVM_Task(vim.vm.ConfigSpec(extraConfig=[option])))
    assert [o.value for o in web.config.extraConfig if o.key == option.key] == ["yes"]
    option.value = ""
    lab.succeed(web.ReconfigVM_Task(vim.vm.ConfigSpec(extraConfig=[option])))
    assert not [o for o in web.config.extraConfig if o.key == option.key]


def updates(lab):
    """Versions, long polling, truncation, re-sent answers, leaving objects."""
    web = lab.vm("web")
    view = lab.view(vim.VirtualMachine)
    collector = lab.content.propertyCollector.CreatePropertyCollector()
    held = collector.CreateFilter(lab.view_filter(view, vim.VirtualMachine, ["name", "runtime.powerState", "snapshot"]), False)
    version, seen = "", {}
    while True:
        update = collector.WaitForUpdatesEx(version, PC.WaitOptions(maxWaitSeconds=5, maxObjectUpdates=4))
        again = collector.WaitForUpdatesEx(version, PC.WaitOptions(maxWaitSeconds=5, maxObjectUpdates=4)) if version else update
        assert [o.obj for o in again.filterSet[0].objectSet] == [o.obj for o in update.filterSet[0].objectSet]
        for change in again.filterSet[0].objectSet:
            assert change.kind == "enter"
            seen[change.obj._moId] = change
        version = again.version
        if not again.truncated:
            break
    assert len(seen) == 6, len(seen)
    assert collector.WaitForUpdatesEx(version, PC.WaitOptions(maxWaitSeconds=0)) is None
    expect(vmodl.query.InvalidCollectorVersion, collector.WaitForUpdatesEx, "4711", PC.WaitOptions(maxWaitSeconds=0))

    timer = threading.Timer(0.3, lambda: Lab_power(lab))
    timer.start()
    begun = time.monotonic()
    update = collector.WaitForUpdatesEx(version, PC.WaitOptions(maxWaitSeconds=20))
    assert time.monotonic() - begun < 10
    change, = update.filterSet[0].objectSet
    assert change.kind == "modify" and change.obj == web and change.changeSet[0].name == "runtime.powerState"
    assert change.changeSet[0].val == "poweredOff"
    timer.join()
    version = update.version
    snapshot = snap(lab, web, "seen")
    update = collector.WaitForUpdatesEx(version, PC.WaitOptions(maxWaitSeconds=20))
    names = [c.name for c in update.filterSet[0].objectSet[0].changeSet]
    assert names == ["snapshot"], names
    version = update.version
    lab.succeed(snapshot.RemoveSnapshot_Task(False))
    update = collector.WaitForUpdatesEx(version, PC.WaitOptions(maxWaitSeconds=20))
    assert update.filterSet[0].objectSet[0].changeSet[0].val is None
    held.DestroyPropertyFilter()
    collector.DestroyPropertyCollector()
    lab.control("/lab/operator/set-power", vm="web", enabled=True)


def Lab_power(lab):
    lab.control("/lab/operator/set-power", vm="web", enabled=False)


def tasks(lab):
    web = lab.vm("web")
    lab.control("/lab/faults/arm", name="hang-task:CreateSnapshot_Task")
    hanging = web.CreateSnapshot_Task("hangs", None, False, False)
    lab.fail(web.CreateSnapshot_Task("second", None, False, False), vim.fault.TaskInProgress)
    assert hanging.info.state == "running" and hanging.info.entity == web
    hanging.CancelTask()
    info = lab.finish(hanging)
    assert info.state == "error" and info.cancelled and isinstance(info.error, vmodl.fault.RequestCanceled)
    lab.control("/lab/faults/arm", name="fail-task:CreateSnapshot_Task:SnapshotFault")
    lab.fail(web.CreateSnapshot_Task("fails", None, False, False), vim.fault.SnapshotFault)
    lab.control("/lab/faults/arm", name="fail-task-late:CreateSnapshot_Task:Timedout")
    lab.fail(web.CreateSnapshot_Task("late", None, False, False), vim.fault.Timedout)
    assert web.snapshot.rootSnapshotList[0].name == "late"
    lab.control("/lab/faults/arm", name="lost-task:RemoveAllSnapshots_Task")
    lost = web.RemoveAllSnapshots_Task()
    expect(vmodl.fault.ManagedObjectNotFound, lambda: lost.info)
    while web.snapshot is not None:
        time.sleep(0.05)
    lab.control("/lab/faults/arm", name="delay-task:PowerOffVM_Task:0.2")
    begun = time.monotonic()
    lab.succeed(web.PowerOffVM_Task())
    assert time.monotonic() - begun >= 0.2
    lab.succeed(web.PowerOnVM_Task())


def faults(lab):
    web = lab.vm("web")
    lab.control("/lab/faults/arm", name="fault:RefreshStorageInfo:HostCommunication", skip=1)
    web.RefreshStorageInfo()
    expect(vmodl.fault.HostCommunication, web.RefreshStorageInfo)
    lab.control("/lab/faults/arm", name="http-503")
    expect(Exception, web.RefreshStorageInfo)
    lab.control("/lab/faults/arm", name="drop-connection:CreateSnapshot_Task:after")
    expect(Exception, web.CreateSnapshot_Task, "dropped", None, False, False)
    while web.snapshot is None:
        time.sleep(0.05)
    assert web.snapshot.rootSnapshotList[0].name == "dropped"
    lab.succeed(web.RemoveAllSnapshots_Task())
    expect(urllib.error.HTTPError, lab.control, "/lab/faults/arm", name="no-such-fault")


def sessions(lab):
    other = Lab(lab.url, lab.user, lab.password)
    session = other.content.sessionManager.currentSession
    if lab.content.about.apiType == "VirtualCenter":
        assert lab.content.sessionManager.SessionIsActive(session.key, session.userName)
    view = other.view(vim.VirtualMachine)
    assert expect(vmodl.fault.ManagedObjectNotFound, lambda: vim.view.ContainerView(view._moId, lab.si._stub).view)
    lab.content.sessionManager.TerminateSession([session.key])
    expect(vim.fault.NotAuthenticated, lambda: view.view)
    lab.control("/lab/sessions/expire")
    expect(vim.fault.NotAuthenticated, lab.si.CurrentTime)
    lab.content.sessionManager.Login(lab.user, lab.password)


def files(lab):
    datacenter = lab.content.rootFolder.childEntity[0].name
    query = urllib.parse.urlencode({"dcPath": datacenter, "dsName": "datastore1"})

    def get(path, method="GET", **headers):
        request = urllib.request.Request(f"{lab.url}folder/{path}?{query}", headers=headers, method=method)
        return urllib.request.urlopen(request, context=CONTEXT)

    cookie = lab.si._stub.cookie
    with get("web/web.vmx", Cookie=cookie) as answer:
        assert b'displayName = "web"' in answer.read()
    with get("web/web.nvram", Cookie=cookie, Range="bytes=0-3") as answer:
        assert answer.status == 206 and answer.read() == b"MRVN"
    with get("web/web.nvram", "HEAD", Cookie=cookie) as answer:
        assert int(answer.headers["Content-Length"]) == 74232
    basic = base64.b64encode(f"{lab.user}:{lab.password}".encode()).decode()
    with get("off/off-flat.vmdk", Authorization="Basic " + basic) as answer:
        assert len(answer.read()) == 1 << 20
    for path, status, headers in [("web/web.vmx", 401, {}), ("web/none", 404, {"Cookie": cookie}), ("web/web-flat.vmdk", 500, {"Cookie": cookie})]:
        fault = expect(urllib.error.HTTPError, get, path, **headers)
        assert fault.code == status, (path, fault.code)


run([attach, attach_chain, grow, extra_config, updates, tasks, faults, sessions, files])
