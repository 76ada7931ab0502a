namespace VmProxy.Vsphere;

/// <summary>A place on a SCSI controller where a disk can be hot-added. IDE cannot; SATA and NVMe are left to the proxy's own disks.</summary>
/// <param name="Controller">The controller.</param>
/// <param name="Unit">The unit, never the controller's own.</param>
sealed record FreeUnit(DiskController Controller, int Unit)
{
    const int Units = 16;
    const int ParavirtualUnits = 64;
    const int ParavirtualWideSince = 14;

    /// <summary>The free places of a VM, best first: paravirtual controllers, then low buses and units.</summary>
    /// <param name="vm">The proxy VM.</param>
    /// <param name="taken">Controller and unit of every device, disk or not.</param>
    public static IEnumerable<FreeUnit> Of(VirtualMachine vm, IReadOnlySet<(int Controller, int Unit)> taken)
        => from controller in vm.Controllers
           where controller.TypeName is "ParaVirtualSCSIController" or "VirtualLsiLogicController" or "VirtualLsiLogicSASController" && !controller.SharedBus
           orderby controller.TypeName == "ParaVirtualSCSIController" ? 0 : 1, controller.BusNumber
           from unit in Enumerable.Range(
               0,
               controller.TypeName == "ParaVirtualSCSIController" && vm.HardwareVersion >= ParavirtualWideSince ? ParavirtualUnits : Units)
           where unit != controller.ReservedUnit && !taken.Contains((controller.Key, unit))
           select new FreeUnit(controller, unit);
}
