namespace VmProxy.Vsphere;

/// <summary>A snapshot's disk to be lent to the proxy VM.</summary>
/// <param name="FileName">Descriptor: <c>[datastore] folder/name.vmdk</c>.</param>
/// <param name="DatastoreId">Its datastore, which tells apart two of the same name; null lets the server look the name up.</param>
/// <param name="BackingKind">The form of the disk.</param>
/// <param name="CapacityBytes">Size in bytes.</param>
public sealed record DiskToAttach(string FileName, ObjectId? DatastoreId, DiskBackingKind BackingKind, long CapacityBytes)
{
    /// <summary>A disk of a snapshot.</summary>
    public static DiskToAttach Of(VirtualDisk disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        return new DiskToAttach(disk.FileName, disk.DatastoreId, disk.BackingKind, disk.CapacityBytes);
    }
}

/// <summary>A disk that is attached to the proxy VM, as it was read back.</summary>
/// <param name="Key">Device key on the proxy VM.</param>
/// <param name="ControllerType">The server's type name of the controller.</param>
/// <param name="BusNumber">Number of the controller's bus.</param>
/// <param name="UnitNumber">Unit on the controller.</param>
/// <param name="Uuid">Disk uuid, by which the guest names the device; null when the server does not say.</param>
/// <param name="FileName">Descriptor; with the key it is what a detach must find.</param>
public sealed record AttachedDisk(int Key, string ControllerType, int BusNumber, int UnitNumber, string? Uuid, string FileName)
{
    /// <summary>The PCI slot in which the proxy's operating system sees the controller; null when the server does not say.</summary>
    public int? PciSlot { get; init; }
}
