using VmProxy.Lab.Storage;

namespace VmProxy.Lab.Model;

/// <summary>What to attach, where.</summary>
internal sealed record AttachRequest(int Index, string FileName, int ControllerKey, int? Unit, string Mode, string Sharing);

/// <summary>Changes of a VM's hardware, with a real host's refusals.</summary>
internal sealed class HardwareEngine(LabInventory inventory, LabOptions options, DeviceFolder devices, Lock gate, CancellationToken lifetime)
{
    const int MaxSuggestions = 64;

    /// <summary>Adds a disk whose files exist.</summary>
    public LabDisk Attach(LabVm vm, AttachRequest request)
    {
        if (vm.Template)
        {
            throw LabFault.NotSupported("A template cannot be reconfigured.");
        }

        var (controller, unit) = Place(vm, request);
        var (owner, disk, layer) = inventory.FindDiskFile(request.FileName) ?? throw LabFault.FileNotFound(request.FileName);
        if (!VmdkDescriptor.IsWhole(layer.Files))
        {
            throw LabFault.InvalidDiskFormat(request.FileName);
        }

        if (inventory.Hosts.Find(host => host.Id == vm.Host) is { } host && !disk.Datastore.IsMountedBy(host))
        {
            throw LabFault.CannotAccessFile(request.FileName);
        }

        var independent = request.Mode == "independent_nonpersistent";
        if (vm.Disks.Exists(other => other.Layer == layer)
            || (layer == disk.Tree!.Leaf && owner.PowerState == "poweredOn" && disk.RawDeviceMapping is null)
            || (layer != disk.Tree.Leaf && !independent))
        {
            throw LabFault.FileLocked(request.FileName);
        }

        if (!disk.Tree.TryOpen(layer))
        {
            throw LabFault.FileNotFound(request.FileName);
        }

        var attached = new LabDisk
        {
            Key = controller.Kind.DiskKey(controller.Bus, unit),
            Label = $"Hard disk {FreeLabel(vm)}",
            Controller = controller,
            Unit = unit,
            Mode = request.Mode,
            Sharing = request.Sharing,
            Tree = disk.Tree,
            Datastore = disk.Datastore,
            Attached = layer,
            DevicePath = vm.Name == options.ProxyVm ? devices.Appear(disk.Tree, layer, lifetime) : null,
        };
        lock (gate)
        {
            vm.Disks.Add(attached);
            vm.Touch(options.Clock.GetUtcNow());
        }

        return attached;
    }

    /// <summary>Removes a disk from the VM; its files stay.</summary>
    public void Remove(LabVm vm, int index, int key)
    {
        var disk = vm.Disks.Find(disk => disk.Key == key)
            ?? throw LabFault.InvalidDeviceSpec(index, $"There is no device {key}.");
        if (disk.Attached is { } layer)
        {
            disk.Tree!.Close(layer);
        }

        if (disk.DevicePath is { } path && !vm.Disks.Exists(other => other != disk && other.DevicePath == path))
        {
            DeviceFolder.Vanish(path);
        }

        lock (gate)
        {
            vm.Disks.Remove(disk);
            vm.Touch(options.Clock.GetUtcNow());
        }
    }

    /// <summary>Grows a disk. The host loses track of changes.</summary>
    public void Extend(LabVm vm, int index, int key, long capacity)
    {
        var disk = vm.Disks.Find(disk => disk.Key == key && disk.Attached is null)
            ?? throw LabFault.InvalidDeviceSpec(index, $"There is no device {key}.");
        if (capacity == disk.Tree!.Length)
        {
            return;
        }

        if (capacity < disk.Tree.Length || capacity % 512 != 0 || vm.Snapshots.Count > 0)
        {
            throw LabFault.InvalidDeviceSpec(index, "The disk cannot be given this capacity.");
        }

        disk.Tree.Extend(capacity);
        lock (gate)
        {
            if (disk.Tracker is not null)
            {
                disk.Tracker = new ChangeTracker(capacity, vm.ChangeTrackingUnreliable);
            }

            vm.Touch(options.Clock.GetUtcNow());
        }
    }

    /// <summary>
    /// Switches change tracking. A running VM begins to track at its next stun, a stopped one at once. Switching it on under
    /// snapshots is accepted without a word, and its record is wrong from then on.
    /// </summary>
    public void SetChangeTracking(LabVm vm, bool enabled)
    {
        if (vm.Template)
        {
            throw LabFault.NotSupported("A template cannot be reconfigured.");
        }

        lock (gate)
        {
            if (vm.ChangeTrackingEnabled == enabled)
            {
                return;
            }

            vm.ChangeTrackingEnabled = enabled;
            vm.ChangeTrackingUnreliable = enabled && vm.Snapshots.Count > 0;
            if (!enabled)
            {
                vm.ResetChangeTracking();
            }
            else if (vm.PowerState == "poweredOff")
            {
                vm.BeginChangeTracking();
            }

            vm.Touch(options.Clock.GetUtcNow());
        }
    }

    static (LabController Controller, int Unit) Place(LabVm vm, AttachRequest request)
    {
        var controller = vm.Controllers.Find(controller => controller.Key == request.ControllerKey)
            ?? throw LabFault.InvalidDeviceSpec(request.Index, $"There is no controller {request.ControllerKey}.");
        if (!controller.Kind.HotAdd && vm.PowerState == "poweredOn")
        {
            throw LabFault.InvalidDeviceSpec(request.Index, "The controller takes no disks while the virtual machine runs.");
        }

        bool Taken(int unit) => vm.Disks.Exists(disk => disk.Controller.Key == controller.Key && disk.Unit == unit);
        var unit = request.Unit is { } given and >= 0
            ? given
            : Enumerable.Range(0, MaxSuggestions).FirstOrDefault(unit => controller.Kind.Accepts(unit) && !Taken(unit), -1);
        return controller.Kind.Accepts(unit) && !Taken(unit)
            ? (controller, unit)
            : throw LabFault.InvalidDeviceSpec(request.Index, $"Unit {unit} is not free.");
    }

    static int FreeLabel(LabVm vm) =>
        Enumerable.Range(1, vm.Disks.Count + 1).First(number => !vm.Disks.Exists(disk => disk.Label == $"Hard disk {number}"));
}
