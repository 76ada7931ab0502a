"""Login, inventory through views and traversal, paging, and what a strict client thinks of every property."""
from lab import PC, expect, run, vim, vmodl

NAMES = {"web", "off", "golden", "shared", "lost", "vmproxy"}


def about(lab):
    about = lab.content.about
    assert about.apiVersion == "6.7.1", about.apiVersion
    assert about.apiType in ("VirtualCenter", "HostAgent")
    assert lab.content.sessionManager.currentSession.userName == lab.user
    assert lab.si.CurrentTime() is not None


def wrong_logins(lab):
    manager = lab.content.sessionManager
    expect(vim.fault.InvalidLogin, manager.Login, lab.user, lab.password)
    stub = lab.stub()
    fresh = vim.ServiceInstance("ServiceInstance", stub).RetrieveContent().sessionManager
    expect(vim.fault.InvalidLogin, fresh.Login, lab.user, "wrong")
    expect(vim.fault.NotAuthenticated, vim.ServiceInstance("ServiceInstance", stub).CurrentTime)
    fresh.Login(lab.user, lab.password)
    fresh.Logout()
    expect(vim.fault.NotAuthenticated, vim.ServiceInstance("ServiceInstance", stub).CurrentTime)


def every_property(lab):
    kinds = [vim.VirtualMachine, vim.Datastore, vim.HostSystem, vim.Datacenter, vim.Folder, vim.ResourcePool, vim.Network, vim.ComputeResource]
    view = lab.view(*kinds)
    specs = [PC.PropertySpec(type=kind, all=True) for kind in kinds]
    traversal = PC.TraversalSpec(path="view", skip=False, type=vim.view.ContainerView)
    spec = PC.FilterSpec(objectSet=[PC.ObjectSpec(obj=view, skip=True, selectSet=[traversal])], propSet=specs)
    found, _ = lab.read(spec)
    machines = {values["name"]: values for values in found.values() if "runtime" in values and "layoutEx" in values}
    assert set(machines) == NAMES - {"lost"}, set(machines)
    web = machines["web"]
    disks = [device for device in web["config"].hardware.device if isinstance(device, vim.vm.device.VirtualDisk)]
    assert [disk.capacityInBytes for disk in disks] == [8 << 20, 4 << 20]
    assert disks[0].key == 2000 and disks[0].unitNumber == 0
    assert disks[0].backing.fileName == "[datastore1] web/web.vmdk"
    assert web["guest"].toolsRunningStatus == "guestToolsRunning"
    lost = [values for values in found.values() if values["name"] == "lost"][0]
    assert "config" not in lost and lost["runtime"].connectionState == "inaccessible"
    view.DestroyView()
    expect(vmodl.fault.ManagedObjectNotFound, lambda: view.view)


def paging(lab):
    view = lab.view(vim.VirtualMachine)
    found, pages = lab.read(lab.view_filter(view, vim.VirtualMachine, ["name", "config.hardware.device", "runtime.powerState"]), page=2)
    assert {values["name"] for values in found.values()} == NAMES
    assert pages == 3, pages
    collector = lab.content.propertyCollector
    first = collector.RetrievePropertiesEx([lab.view_filter(view, vim.VirtualMachine, ["name"])], PC.RetrieveOptions(maxObjects=1))
    collector.CancelRetrievePropertiesEx(first.token)
    expect(vmodl.fault.InvalidArgument, collector.ContinueRetrievePropertiesEx, first.token)


def traversal(lab):
    """The recursive walk of old clients: folders by name, datacenters, back to folders."""
    folders = PC.SelectionSpec(name="folders")
    spec = PC.FilterSpec(
        objectSet=[PC.ObjectSpec(obj=lab.content.rootFolder, skip=True, selectSet=[
            PC.TraversalSpec(name="folders", type=vim.Folder, path="childEntity", skip=False, selectSet=[
                folders,
                PC.TraversalSpec(name="datacenters", type=vim.Datacenter, path="vmFolder", skip=True, selectSet=[folders])])])],
        propSet=[PC.PropertySpec(type=vim.VirtualMachine, pathSet=["name", "parent"])])
    found, _ = lab.read(spec)
    assert {values["name"] for values in found.values()} == NAMES
    web = [values for values in found.values() if values["name"] == "web"][0]
    assert web["parent"].name == "Production"


def wrong_questions(lab):
    view = lab.view(vim.VirtualMachine)
    fault = expect(vmodl.query.InvalidProperty, lab.read, lab.view_filter(view, vim.VirtualMachine, ["config.nonsense"]))
    assert fault.name == "config.nonsense"
    missing = vim.VirtualMachine("vm-none", lab.si._stub)
    expect(vmodl.fault.ManagedObjectNotFound, lambda: missing.name)
    spec = PC.FilterSpec(objectSet=[PC.ObjectSpec(obj=missing)], propSet=[PC.PropertySpec(type=vim.VirtualMachine, pathSet=["name"])],
                         reportMissingObjectsInResults=True)
    assert lab.read(spec) == ({}, 0)


def search(lab):
    web = lab.vm("web")
    index = lab.content.searchIndex
    assert index.FindByUuid(None, web.config.instanceUuid, True, True) == web
    assert index.FindByUuid(None, web.config.uuid, True, False) == web
    datacenter = lab.content.rootFolder.childEntity[0]
    assert index.FindByInventoryPath(f"{datacenter.name}/vm/Production/web") == web
    assert index.FindByDatastorePath(datacenter, "[datastore1] web/web.vmx") == web


def privileges(lab):
    wanted = ["VirtualMachine.State.CreateSnapshot", "Global.Licenses"]
    answer = lab.content.authorizationManager.HasPrivilegeOnEntities([lab.content.rootFolder], lab.content.sessionManager.currentSession.key, wanted)
    assert [one.isGranted for one in answer[0].privAvailability] == [True, False]


def datastores(lab):
    datastore = lab.vm("web").datastore[0]
    assert datastore.summary.type == "VMFS" and datastore.info.vmfs.extent[0].diskName.startswith("naa.")
    lun = datastore.host[0].key.config.storageDevice.scsiLun[0]
    assert lun.canonicalName == datastore.info.vmfs.extent[0].diskName
    found = lab.succeed(datastore.browser.SearchDatastore_Task("[datastore1] web", vim.host.DatastoreBrowser.SearchSpec(
        details=vim.host.DatastoreBrowser.FileInfo.Details(fileType=True, fileSize=True, modification=True, fileOwner=False)))).result
    names = {file.path for file in found.file}
    assert {"web.vmx", "web.vmdk", "web.nvram"} <= names and "web-flat.vmdk" not in names, names


run([about, wrong_logins, every_property, paging, traversal, wrong_questions, search, privileges, datastores])
