using VmProxy.Lab.Storage;

namespace VmProxy.Lab.Model;

/// <summary>Says what is wrong with a lab's options before anything is made.</summary>
internal static class OptionsCheck
{
    const int SectorSize = 512;
    const long LargestDisk = 2L << 40;

    static readonly string[] Sharing = ["sharingNone", "sharingMultiWriter"];
    static readonly string[] BusSharing = ["noSharing", "virtualSharing", "physicalSharing"];
    static readonly string[] Modes = ["persistent", "nonpersistent", "undoable", "independent_persistent", "independent_nonpersistent", "append"];
    static readonly string?[] Mappings = [null, "virtualMode", "physicalMode"];

    public static void Require(LabOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Require(options.Folder.Length > 0, "folder", "must name the folder of the lab");
        Require(options.Hosts.Count > 0, "hosts", "must name a host");
        RequireNames("datastores", options.Datastores.Select(datastore => datastore.Name));
        foreach (var datastore in options.Datastores)
        {
            Require(datastore.Hosts.TrueForAll(options.Hosts.Contains), $"{datastore.Name}: hosts", "names a host that the lab does not have");
        }

        RequireNames("virtualMachines", options.VirtualMachines.Select(vm => vm.Name));
        foreach (var vm in options.VirtualMachines)
        {
            Require(vm.HardwareVersion.StartsWith("vmx-", StringComparison.Ordinal), $"{vm.Name}: hardwareVersion", "must begin with vmx-");
            Require(vm.EncryptionKey is not null || !vm.VirtualTpm, $"{vm.Name}: virtualTpm", "needs an encryptionKey");
            foreach (var disk in vm.Disks)
            {
                RequireDisk(vm.Name, disk);
            }
        }
    }

    static void RequireDisk(string vm, LabDiskOptions disk)
    {
        Require(disk.Size > 0 && disk.Size % SectorSize == 0, $"{vm}: size", $"is {disk.Size}, not a multiple of {SectorSize}");
        Require(disk.Size < LargestDisk, $"{vm}: size", "is 2 TiB or more, for which redo logs of this kind have no room");
        Require(disk.Tree is null || Directory.Exists(disk.Tree), $"{vm}: tree", $"names no folder: {disk.Tree}");
        RequireOneOf($"{vm}: sharing", disk.Sharing, Sharing);
        RequireOneOf($"{vm}: sharedBus", disk.SharedBus, BusSharing);
        RequireOneOf($"{vm}: mode", disk.Mode, Modes);
        RequireOneOf($"{vm}: rawDeviceMapping", disk.RawDeviceMapping, Mappings);
        LabControllerKind.Named(disk.Controller);
        foreach (var data in disk.Data.Select(data => new ByteRange(data.Offset, data.Length)))
        {
            Require(data.Start >= 0 && data.End <= disk.Size, $"{vm}: data", $"from {data.Start} to {data.End} does not lie on the disk");
        }
    }

    static void RequireNames(string key, IEnumerable<string> names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            Require(name.Length > 0 && !name.Contains('/', StringComparison.Ordinal) && name is not ("." or ".."), key, $"has the unusable name '{name}'");
            Require(seen.Add(name), key, $"has the name '{name}' twice");
        }
    }

    static void RequireOneOf(string key, string? value, string?[] allowed) =>
        Require(allowed.Contains(value), key, $"is '{value}', none of {string.Join(", ", allowed)}");

    static void Require(bool holds, string key, string reason)
    {
        if (!holds)
        {
            throw new ArgumentException($"{key} {reason}.");
        }
    }
}
