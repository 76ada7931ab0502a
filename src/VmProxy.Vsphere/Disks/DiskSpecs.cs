namespace VmProxy.Vsphere;

/// <summary>The changes to a proxy VM's devices, as the wire wants them. None of them ever has a file operation: files are not ours to touch.</summary>
static class DiskSpecs
{
    public const string Mode = "independent_nonpersistent";

    /// <summary>Adds an existing disk. What is written to it is thrown away; reads see the disk as it is.</summary>
    public static Vim.VirtualMachineConfigSpec Add(DiskToAttach disk, FreeUnit place) => Change(Vim.VirtualDeviceConfigSpecOperation.Add, new Vim.VirtualDisk
    {
        Key = -1,
        ControllerKey = place.Controller.Key,
        UnitNumber = place.Unit,
        CapacityInKB = disk.CapacityBytes / 1024,
        Backing = Backing(disk),
    });

    /// <summary>Removes a disk from the VM and keeps its files.</summary>
    public static Vim.VirtualMachineConfigSpec Remove(VirtualDisk disk) => Change(Vim.VirtualDeviceConfigSpecOperation.Remove, new Vim.VirtualDisk
    {
        Key = disk.Key,
        ControllerKey = disk.ControllerKey,
        UnitNumber = disk.UnitNumber,
        CapacityInKB = disk.CapacityBytes / 1024,
        Backing = Backing(DiskToAttach.Of(disk)),
    });

    /// <summary>Whether a disk of this form can be lent to another VM.</summary>
    public static bool IsSupported(DiskBackingKind kind)
        => kind is DiskBackingKind.Flat or DiskBackingKind.SeSparse or DiskBackingKind.SparseVer2 or DiskBackingKind.RdmVirtual;

    static Vim.VirtualMachineConfigSpec Change(string operation, Vim.VirtualDisk disk) => new()
    {
        DeviceChange = [new Vim.VirtualDeviceConfigSpec { Operation = operation, Device = disk }],
    };

    static Vim.VirtualDeviceFileBackingInfo Backing(DiskToAttach disk)
    {
        var datastore = disk.DatastoreId?.ToReference();
        return disk.BackingKind switch
        {
            DiskBackingKind.SeSparse => new Vim.VirtualDiskSeSparseBackingInfo { FileName = disk.FileName, Datastore = datastore, DiskMode = Mode },
            DiskBackingKind.SparseVer2 => new Vim.VirtualDiskSparseVer2BackingInfo { FileName = disk.FileName, Datastore = datastore, DiskMode = Mode },
            DiskBackingKind.RdmVirtual => new Vim.VirtualDiskRawDiskMappingVer1BackingInfo
            {
                FileName = disk.FileName,
                Datastore = datastore,
                CompatibilityMode = Vim.VirtualDiskCompatibilityMode.VirtualMode,
                DiskMode = Mode,
            },
            _ => new Vim.VirtualDiskFlatVer2BackingInfo { FileName = disk.FileName, Datastore = datastore, DiskMode = Mode },
        };
    }
}
