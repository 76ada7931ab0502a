using System.Globalization;
using VmProxy.Lab.Model;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Properties;

/// <summary>VirtualMachineConfigInfo: of a VM as it is, and of a snapshot.</summary>
internal static class VmConfig
{
    public static VirtualMachineConfigInfo Of(LabState server, LabVm vm)
    {
        var devices = VmDevices.Controllers(vm.Controllers, vm.Disks);
        devices.AddRange(vm.Disks.Select(disk => VmDevices.Disk(disk, disk.Layer, null, VmDevices.KeyOf(vm))));
        return Build(server, vm, vm.ChangeTrackingEnabled, vm.Modified, devices);
    }

    /// <summary>The configuration that a snapshot holds: its disks are the frozen links, with their change ids.</summary>
    public static VirtualMachineConfigInfo Of(LabState server, LabSnapshot snapshot)
    {
        var devices = VmDevices.Controllers(snapshot.Controllers, snapshot.AllDisks);
        foreach (var disk in snapshot.AllDisks)
        {
            var frozen = snapshot.Disks.FirstOrDefault(frozen => frozen.Disk == disk);
            devices.Add(VmDevices.Disk(disk, frozen?.Layer(snapshot) ?? disk.Layer, frozen?.Changes?.ChangeId, VmDevices.KeyOf(snapshot.Vm)));
        }

        return Build(server, snapshot.Vm, snapshot.ChangeTrackingEnabled, snapshot.Created, devices);
    }

    /// <summary>What a client sends back with a change that must not meet a VM changed meanwhile.</summary>
    public static string ChangeVersion(DateTimeOffset modified) =>
        modified.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);

    static VirtualMachineConfigInfo Build(LabState server, LabVm vm, bool changeTracking, DateTimeOffset modified, List<VirtualDevice> devices)
    {
        devices.AddRange(VmDevices.Tpm(vm));
        if (server.Faults.Standing(FaultNames.UnknownDeviceType).Any(arguments => arguments.Length == 0 || arguments[0] == vm.Name))
        {
            devices.Add(VmDevices.OfNewerServer());
        }

        return Describe(vm, changeTracking, modified, devices);
    }

    static VirtualMachineConfigInfo Describe(LabVm vm, bool changeTracking, DateTimeOffset modified, List<VirtualDevice> devices) => new()
    {
        ChangeVersion = ChangeVersion(modified),
        Modified = modified,
        Name = vm.Name,
        GuestFullName = "Debian GNU/Linux 10 (64-bit)",
        Version = vm.Options.HardwareVersion,
        Uuid = vm.BiosUuid.ToString(),
        InstanceUuid = vm.Options.NoInstanceUuid ? null : vm.InstanceUuid.ToString(),
        Template = vm.Template,
        GuestId = vm.Options.GuestId,
        AlternateGuestName = "",
        Files = new VirtualMachineFileInfo
        {
            VmPathName = vm.ConfigurationPath,
            SnapshotDirectory = vm.DatastoreFolder + "/",
            SuspendDirectory = vm.DatastoreFolder + "/",
            LogDirectory = vm.DatastoreFolder + "/",
        },
        Tools = new ToolsConfigInfo { ToolsVersion = 11333 },
        Flags = new VirtualMachineFlagInfo { EnableLogging = true, DiskUuidEnabled = true, SnapshotDisabled = false },
        DefaultPowerOps = new VirtualMachineDefaultPowerOpInfo { PowerOffType = "soft", SuspendType = "hard", ResetType = "soft" },
        Hardware = new VirtualHardware { NumCPU = 2, NumCoresPerSocket = 1, MemoryMB = 2048, Device = devices },
        ExtraConfig = [.. vm.ExtraConfig.Select(option => new OptionValue { Key = option.Key, Value = option.Value })],
        ChangeTrackingEnabled = changeTracking,
        Firmware = vm.Options.VirtualTpm ? "efi" : "bios",
        KeyId = VmDevices.KeyOf(vm),
    };
}
