"""What the scripts share: a connection, a paged property read, and waiting for a task through updates."""
import http.client
import json
import ssl
import sys
import urllib.parse
import urllib.request

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import SoapStubAdapter, vim, vmodl

CONTEXT = ssl._create_unverified_context()
PC = vmodl.query.PropertyCollector


class Lab:
    def __init__(self, url, user, password):
        self.url = url
        parts = urllib.parse.urlsplit(url)
        self.host, self.port, self.user, self.password = parts.hostname, parts.port, user, password
        self.si = SmartConnect(host=self.host, port=self.port, user=user, pwd=password, sslContext=CONTEXT)
        self.content = self.si.RetrieveContent()

    def close(self):
        Disconnect(self.si)

    def stub(self):
        """A connection that is not logged in."""
        return SoapStubAdapter(host=self.host, port=self.port, sslContext=CONTEXT, version="vim.version.version12")

    def view(self, *types):
        return self.content.viewManager.CreateContainerView(self.content.rootFolder, list(types), True)

    def view_filter(self, view, kind, paths):
        return PC.FilterSpec(
            objectSet=[PC.ObjectSpec(obj=view, skip=True, selectSet=[PC.TraversalSpec(name="view", path="view", skip=False, type=vim.view.ContainerView)])],
            propSet=[PC.PropertySpec(type=kind, pathSet=paths)])

    def read(self, spec, page=None):
        """All objects of a filter as {moid: {path: value}}, with the number of pages."""
        collector = self.content.propertyCollector
        result = collector.RetrievePropertiesEx([spec], PC.RetrieveOptions(maxObjects=page))
        found, pages = {}, 0
        while result is not None:
            pages += 1
            for item in result.objects:
                found[item.obj._moId] = {p.name: p.val for p in item.propSet}
            if result.token is None:
                break
            result = collector.ContinueRetrievePropertiesEx(result.token)
        return found, pages

    def vm(self, name):
        view = self.view(vim.VirtualMachine)
        try:
            return [vm for vm in view.view if vm.name == name][0]
        finally:
            view.DestroyView()

    def finish(self, task):
        """Waits for a task through the property collector and returns its TaskInfo."""
        collector = self.content.propertyCollector.CreatePropertyCollector()
        spec = PC.FilterSpec(objectSet=[PC.ObjectSpec(obj=task)], propSet=[PC.PropertySpec(type=vim.Task, pathSet=["info"])])
        collector.CreateFilter(spec, True)
        version = ""
        try:
            while True:
                updates = collector.WaitForUpdatesEx(version, PC.WaitOptions(maxWaitSeconds=20))
                version = updates.version
                for change in updates.filterSet[0].objectSet[0].changeSet:
                    if change.name == "info" and change.val.state in ("success", "error"):
                        return change.val
        finally:
            collector.DestroyPropertyCollector()

    def succeed(self, task):
        info = self.finish(task)
        assert info.state == "success", info.error
        return info

    def fail(self, task, kind):
        info = self.finish(task)
        assert info.state == "error" and isinstance(info.error, kind), info
        return info

    def control(self, path, **command):
        request = urllib.request.Request(
            self.url.rstrip("/") + path, json.dumps(command).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, context=CONTEXT) as answer:
            return json.load(answer)["result"]


def expect(kind, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except kind as fault:
        return fault
    raise AssertionError(f"{call} did not raise {kind}")


def run(steps):
    lab = Lab(*sys.argv[1:4])
    try:
        for step in steps:
            step(lab)
            print("ok", step.__name__)
    finally:
        lab.close()
