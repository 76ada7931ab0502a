using VmProxy.Vsphere;

namespace VmProxy.Transports;

/// <summary>The form in which a disk is stored, as far as it decides what a transport must understand to read it.</summary>
public static class DiskForm
{
    /// <summary>Such as "vmfs6/flat/thin/base": the datastore, the head's backing, its allocation, and whether redo logs lie on the base.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="inventory">Where its datastore is looked up.</param>
    public static string Of(VirtualDisk disk, Inventory inventory)
    {
        ArgumentNullException.ThrowIfNull(disk);
        ArgumentNullException.ThrowIfNull(inventory);
        var datastore = inventory.Datastores.FirstOrDefault(candidate => candidate.Id == disk.DatastoreId);
        return string.Join('/', [
            $"{(datastore?.Kind ?? DatastoreKind.Other).ToString().ToLowerInvariant()}{datastore?.VmfsMajorVersion}",
            disk.BackingKind.ToString().ToLowerInvariant(),
            disk.Thin switch { true => "thin", false => "thick", null => "unsaid" },
            disk.ParentChain.Count == 0 ? "base" : "chain",
        ]);
    }
}
