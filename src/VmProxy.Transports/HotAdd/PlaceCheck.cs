using VmProxy.Vsphere;

namespace VmProxy.Transports.HotAdd;

/// <summary>
/// Confirms that a device is the disk that was attached: at the controller and unit where vCenter put it, and of its serial number. The name in the
/// device folder is the serial number too, but two disks may claim one name; the place is vCenter's own. What the operating system does not
/// tell is not held against the device.
/// </summary>
static class PlaceCheck
{
    public static TransportReason? Judge(string root, string devicePath, AttachedDisk attached, string uuid)
    {
        if (ScsiDisk.Find(root, KernelName(devicePath)) is not { } device)
        {
            return null;
        }

        if (device.HasUuid(uuid) == false)
        {
            return new TransportReason(
                TransportCodes.DeviceWrongSerial, $"'{devicePath}' is {device.Name} with the serial number {device.Wwid}, and the disk has {uuid}");
        }

        if (device.Target != attached.UnitNumber && UnitIsTarget(attached.ControllerType))
        {
            return new TransportReason(
                TransportCodes.DeviceWrongPlace,
                $"'{devicePath}' is {device.Name} at unit {device.Target}, and the disk was attached at unit {attached.UnitNumber} of {attached.ControllerType} {attached.BusNumber}");
        }

        return attached.PciSlot is { } slot && device.IsInSlot(root, slot) == false
            ? new TransportReason(
                TransportCodes.DeviceWrongPlace,
                $"'{devicePath}' is {device.Name} on the controller at {device.PciAddress}, and the disk was attached to {attached.ControllerType} {attached.BusNumber} in PCI slot {slot}")
            : null;
    }

    // SAS controllers number their targets as they find them.
    static bool UnitIsTarget(string controllerType) => controllerType is "ParaVirtualSCSIController" or "VirtualLsiLogicController" or "VirtualBusLogicController";

    static string KernelName(string devicePath)
    {
        try
        {
            return Path.GetFileName(File.ResolveLinkTarget(devicePath, returnFinalTarget: true)?.FullName ?? devicePath);
        }
        catch (IOException)
        {
            // It has just vanished: the first read will say so.
            return Path.GetFileName(devicePath);
        }
    }
}
