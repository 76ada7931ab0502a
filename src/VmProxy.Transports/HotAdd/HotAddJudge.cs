using VmProxy.Vsphere;

namespace VmProxy.Transports.HotAdd;

/// <summary>The rules of hot-add, from inventory facts alone: requirement 8 and what vSphere's own tools refuse.</summary>
static class HotAddJudge
{
    public static IEnumerable<TransportReason> Judge(
        VirtualMachine vm, VirtualDisk disk, VirtualMachine proxy, ProxyMachine machine, Inventory inventory) =>
        OfDisk(disk).Concat(OfMachine(proxy, machine)).Concat(OfProxy(vm, proxy, inventory)).Concat(OfDatastore(vm, disk, proxy, inventory));

    static IEnumerable<TransportReason> OfDisk(VirtualDisk disk)
    {
        if (disk.DiskMode.StartsWith("independent", StringComparison.Ordinal))
        {
            yield return new(TransportCodes.DiskIndependent, $"{disk.Label} is {disk.DiskMode}: no snapshot holds it");
        }

        if (disk.BackingKind is DiskBackingKind.RdmPhysical or DiskBackingKind.RdmVirtual)
        {
            yield return new(TransportCodes.DiskRdm, $"{disk.Label} is a raw device mapping, which cannot be attached to another VM");
        }
        else if (disk.BackingKind is not (DiskBackingKind.Flat or DiskBackingKind.SeSparse or DiskBackingKind.SparseVer2))
        {
            yield return new(
                TransportCodes.DiskUnsupported, $"{disk.Label} has a backing of type {disk.BackingTypeName}, which cannot be attached to another VM");
        }

        if (disk.ControllerType == "VirtualIDEController")
        {
            yield return new(TransportCodes.DiskIde, $"{disk.Label} is an IDE disk, which cannot be hot-added");
        }

        if (!DeviceFolder.IsUuid(disk.Uuid))
        {
            yield return new(TransportCodes.DiskWithoutUuid, $"vCenter names no uuid of {disk.Label}, so its device could not be told from others");
        }
    }

    static IEnumerable<TransportReason> OfMachine(VirtualMachine proxy, ProxyMachine machine)
    {
        if (machine.IsKnownNotVm)
        {
            yield return new(
                TransportCodes.ProxyNotVm, $"this program runs on a machine of {machine.Vendor}, not in a VMware VM: nothing attached to {proxy.Name} appears here");
        }
        else if (machine.IsKnownNot(proxy.BiosUuid))
        {
            yield return new(
                TransportCodes.ProxyOtherMachine,
                $"this program runs in the VM with BIOS uuid {machine.Uuid}, and {proxy.Name} has {proxy.BiosUuid}: nothing attached to it appears here");
        }
    }

    static IEnumerable<TransportReason> OfProxy(VirtualMachine vm, VirtualMachine proxy, Inventory inventory)
    {
        if (vm.Id == proxy.Id)
        {
            yield return new(TransportCodes.VmIsProxy, "the VM is the proxy itself: its snapshot's disk cannot be told from its own");
        }

        if (proxy.PowerState != "poweredOn")
        {
            yield return new(TransportCodes.ProxyNotRunning, $"the proxy VM {proxy.Name} is {proxy.PowerState}: nothing attached to it appears");
        }

        if (vm.Datacenter is { } own && proxy.Datacenter is { } other && own.Id != other.Id)
        {
            yield return new(
                TransportCodes.OtherDatacenter, $"the VM is in datacenter {own.Name}, the proxy VM {proxy.Name} in {other.Name}");
        }

        if (vm.IsEncrypted && !proxy.IsEncrypted)
        {
            yield return new(TransportCodes.ProxyNotEncrypted, $"the VM is encrypted and the proxy VM {proxy.Name} is not");
        }

        if (proxy.Snapshots.Count > 0)
        {
            yield return new(
                TransportCodes.ProxyHasSnapshots,
                $"the proxy VM {proxy.Name} has {proxy.Snapshots.Count} snapshot(s): reverting to one takes attached disks away in the middle of a read",
                Blocks: false);
        }

        if (ProxyUnits.Of(proxy, inventory).All == 0)
        {
            yield return new(
                TransportCodes.NoFreeSlot, $"the proxy VM {proxy.Name} has no free unit on a SCSI controller: add one, or let fewer disks be read at once");
        }
    }

    static IEnumerable<TransportReason> OfDatastore(VirtualMachine vm, VirtualDisk disk, VirtualMachine proxy, Inventory inventory)
    {
        if (disk.DatastoreId is not { } id || inventory.Datastores.FirstOrDefault(datastore => datastore.Id == id) is not { } datastore)
        {
            yield break;
        }

        if (proxy.HostId is { } host && datastore.Mounts.Count > 0 && datastore.Mounts.All(mount => mount.Host != host || mount.Accessible == false))
        {
            yield return new(
                TransportCodes.DatastoreNotMounted, $"the host of the proxy VM {proxy.Name} does not mount datastore {datastore.Name}");
        }

        if (datastore.Kind == DatastoreKind.Vsan && proxy.Disks.All(own => own.DatastoreId != id))
        {
            yield return new(
                TransportCodes.VsanMismatch, $"{disk.Label} is on vSAN datastore {datastore.Name}, where the proxy VM {proxy.Name} has no disk");
        }

        if (datastore.Kind == DatastoreKind.Nfs && vm.HostId != proxy.HostId)
        {
            yield return new(
                TransportCodes.Nfs3CrossHost,
                $"{datastore.Name} is NFS 3 and the proxy VM runs on another host: removing the snapshot may stop the VM for seconds",
                Blocks: false);
        }
    }
}
