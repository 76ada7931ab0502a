using VmProxy.Lab.Model;
using VmProxy.Lab.Properties;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Operations;

/// <summary>ReconfigVM_Task: change tracking, extra configuration, and disks that are added, removed and grown.</summary>
internal static class ReconfigureOperations
{
    public static void Register(OperationTable table) => table.Add<ReconfigVMRequest>("VirtualMachine", Reconfigure);

    static object? Reconfigure(SoapCall call, ReconfigVMRequest request)
    {
        var (vm, spec) = (call.VmOf(request), request.Spec);
        RequirePrivilege(call, request, spec.ChangeTrackingEnabled is not null, "VirtualMachine.Config.ChangeTracking");
        RequirePrivilege(call, request, spec.DeviceChange.Exists(change => change.Operation == "add"), "VirtualMachine.Config.AddExistingDisk");
        RequirePrivilege(call, request, spec.DeviceChange.Exists(change => change.Operation == "remove"), "VirtualMachine.Config.RemoveDisk");
        return TaskOperations.Start(call, request, vm, () =>
        {
            if (spec.ChangeVersion is { Length: > 0 } read && read != VmConfig.ChangeVersion(vm.Modified))
            {
                throw new LabFault("ConcurrentAccess", "The virtual machine was changed by another client.");
            }

            if (spec.ChangeTrackingEnabled is { } enabled && call.Server.Faults.Take(FaultNames.CbtSwitchIgnored) is null)
            {
                call.Server.Hardware.SetChangeTracking(vm, enabled);
            }

            for (var index = 0; index < spec.DeviceChange.Count; index++)
            {
                Change(call.Server.Hardware, vm, index, spec.DeviceChange[index]);
            }

            SetExtraConfig(call, vm, spec.ExtraConfig);
            return null;
        });
    }

    static void Change(HardwareEngine hardware, LabVm vm, int index, VirtualDeviceConfigSpec change)
    {
        if (change.Device is not VirtualDisk disk)
        {
            throw LabFault.InvalidDeviceSpec(index, "The lab changes disks only.");
        }

        switch (change.Operation)
        {
            case "add" when change.FileOperation is null:
                hardware.Attach(vm, Request(index, disk));
                break;
            case "remove" when change.FileOperation is null:
                hardware.Remove(vm, index, disk.Key);
                break;
            case "edit" when change.FileOperation is null:
                hardware.Extend(vm, index, disk.Key, disk.CapacityInBytes ?? disk.CapacityInKB << 10);
                break;
            default:
                throw LabFault.InvalidDeviceSpec(index, $"{change.Operation} with file operation {change.FileOperation} is not supported.");
        }
    }

    static AttachRequest Request(int index, VirtualDisk disk)
    {
        var (file, mode, sharing) = disk.Backing switch
        {
            VirtualDiskFlatVer2BackingInfo flat => (flat.FileName, flat.DiskMode, flat.Sharing),
            VirtualDiskRawDiskMappingVer1BackingInfo mapping => (mapping.FileName, mapping.DiskMode ?? "", mapping.Sharing),
            VirtualDiskSeSparseBackingInfo sparse => (sparse.FileName, sparse.DiskMode, null),
            _ => throw new LabFault(
                "InvalidDeviceBacking",
                "Incompatible device backing specified for device.",
                ("property", $"deviceChange[{index}].device.backing"),
                ("deviceIndex", index)),
        };
        return disk.ControllerKey is { } controller
            ? new AttachRequest(index, file, controller, disk.UnitNumber, mode, sharing ?? "sharingNone")
            : throw LabFault.InvalidDeviceSpec(index, "The disk has no controller.");
    }

    static void SetExtraConfig(SoapCall call, LabVm vm, List<OptionValue> options)
    {
        if (options.Count == 0)
        {
            return;
        }

        lock (call.Server.Inventory.Gate)
        {
            foreach (var option in options)
            {
                if (option.Value is null or "")
                {
                    vm.ExtraConfig.Remove(option.Key);
                }
                else
                {
                    vm.ExtraConfig[option.Key] = option.Value;
                }
            }

            vm.Touch(call.Server.Options.Clock.GetUtcNow());
        }
    }

    static void RequirePrivilege(SoapCall call, VimRequest request, bool needed, string privilege)
    {
        if (needed && call.Server.Options.MissingPrivileges.Contains(privilege))
        {
            throw new LabFault(
                "NoPermission",
                "Permission to perform this operation was denied.",
                ("object", request.This),
                ("privilegeId", privilege));
        }
    }
}
