namespace VmProxy.Vsphere;

/// <summary>What can be done with the disks of a kind of datastore (requirement 16). Transports build their verdicts on it.</summary>
/// <param name="Snapshots">Whether snapshots hold its disks.</param>
/// <param name="Luns">Whether its files lie on LUNs that another machine may read: the SAN transport.</param>
/// <param name="Attachable">Whether another VM can be given its disks: hot-add.</param>
/// <param name="ProxyMustLieThere">Whether hot-add works only for a proxy with a disk on the same datastore.</param>
/// <param name="FlatFiles">Whether a disk is a file of its bytes that can be downloaded. Object stores show only a descriptor.</param>
public sealed record DatastoreModes(bool Snapshots, bool Luns, bool Attachable, bool ProxyMustLieThere, bool FlatFiles)
{
    /// <summary>The modes of a kind. Of an unknown kind nothing is assumed but what the host itself does: snapshots and attaching.</summary>
    public static DatastoreModes Of(DatastoreKind kind) => kind switch
    {
        DatastoreKind.Vmfs => new(Snapshots: true, Luns: true, Attachable: true, ProxyMustLieThere: false, FlatFiles: true),
        DatastoreKind.Nfs or DatastoreKind.Nfs41 => new(Snapshots: true, Luns: false, Attachable: true, ProxyMustLieThere: false, FlatFiles: true),
        DatastoreKind.Vsan => new(Snapshots: true, Luns: false, Attachable: true, ProxyMustLieThere: true, FlatFiles: false),
        DatastoreKind.Vvol => new(Snapshots: true, Luns: false, Attachable: true, ProxyMustLieThere: false, FlatFiles: false),
        DatastoreKind.Pmem => new(Snapshots: false, Luns: false, Attachable: false, ProxyMustLieThere: false, FlatFiles: false),
        _ => new(Snapshots: true, Luns: false, Attachable: true, ProxyMustLieThere: false, FlatFiles: false),
    };
}
