using VmProxy.Vsphere;

namespace VmProxy.Transports.HotAdd;

/// <summary>The units for disks on the proxy VM's SCSI controllers.</summary>
/// <param name="Free">Units that nothing takes.</param>
/// <param name="Lent">Units with disks of other VMs that were attached to be read, and will be free again.</param>
readonly record struct ProxyUnits(int Free, int Lent)
{
    const string Paravirtual = "ParaVirtualSCSIController";
    const int Units = 16;
    const int ParavirtualUnits = 64;
    const int ParavirtualWideSince = 14;
    const int UnitOfControllerItself = 7;

    /// <summary>The most disks that can be attached at once.</summary>
    public int All => Free + Lent;

    public static ProxyUnits Of(VirtualMachine proxy, Inventory inventory)
    {
        var controllers = proxy.Controllers.Where(controller => IsScsi(controller.TypeName) && !controller.SharedBus).ToArray();
        var lent = LentDisks(proxy, inventory).Count(disk => controllers.Any(controller => controller.Key == disk.ControllerKey));
        return new ProxyUnits(controllers.Sum(controller => FreeOn(controller, proxy)), lent);
    }

    /// <summary>The disks of other VMs on the proxy VM, attached as only hot-add attaches them.</summary>
    public static IReadOnlyList<VirtualDisk> LentDisks(VirtualMachine proxy, Inventory inventory)
    {
        var candidates = proxy.Disks.Where(disk => disk.DiskMode == "independent_nonpersistent").ToArray();
        if (candidates.Length == 0)
        {
            return [];
        }

        var others = inventory.VirtualMachines.Where(vm => vm.Id != proxy.Id).SelectMany(vm => vm.Disks).SelectMany(disk => disk.Chain).ToHashSet();
        return [.. candidates.Where(disk => others.Contains(disk.FileName))];
    }

    static int FreeOn(DiskController controller, VirtualMachine proxy)
    {
        var units = controller.TypeName == Paravirtual && proxy.HardwareVersion >= ParavirtualWideSince ? ParavirtualUnits : Units;
        var used = proxy.Disks.Where(disk => disk.ControllerKey == controller.Key && disk.UnitNumber < units).Select(disk => disk.UnitNumber!.Value);
        return units - used.Append(controller.ReservedUnit ?? UnitOfControllerItself).Distinct().Count();
    }

    static bool IsScsi(string typeName) => typeName is Paravirtual or "VirtualLsiLogicController" or "VirtualLsiLogicSASController";
}
