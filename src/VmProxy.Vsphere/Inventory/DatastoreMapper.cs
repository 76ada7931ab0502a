namespace VmProxy.Vsphere;

/// <summary>The properties of a datastore that are asked for, and what they mean (requirement 16: its kind decides how it can be read).</summary>
static class DatastoreMapper
{
    public static readonly IReadOnlyList<string> Paths = ["name", "parent", "info", "summary", "host"];

    public static Datastore Map(PropertySet properties)
    {
        var summary = properties.Object<Vim.DatastoreSummary>("summary");
        var info = properties.Object<Vim.DatastoreInfo>("info");
        var vmfs = (info as Vim.VmfsDatastoreInfo)?.Vmfs;
        var nas = (info as Vim.NasDatastoreInfo)?.Nas;
        return new Datastore
        {
            Id = properties.Id,
            Name = properties.Text("name") ?? summary?.Name ?? properties.Id.Value,
            Kind = Kind(info, summary?.Type),
            TypeName = summary?.Type ?? "",
            Url = summary?.Url ?? info?.Url ?? "",
            CapacityBytes = summary?.Capacity ?? 0,
            FreeBytes = summary?.FreeSpace ?? info?.FreeSpace ?? 0,
            UncommittedBytes = summary?.Uncommitted,
            Accessible = summary?.Accessible ?? false,
            MultipleHostAccess = summary?.MultipleHostAccess,
            MaintenanceMode = summary?.MaintenanceMode,
            VmfsUuid = vmfs?.Uuid,
            VmfsMajorVersion = vmfs?.MajorVersion,
            Extents = [.. vmfs?.Extent.Select(extent => new VmfsExtent(extent.DiskName, extent.Partition)) ?? []],
            RemoteHost = nas?.RemoteHost,
            RemotePath = nas?.RemotePath,
            Mounts = [.. properties.List<Vim.DatastoreHostMount>("host").Select(
                mount => new DatastoreMount(mount.Key.ToId(), mount.MountInfo.AccessMode, mount.MountInfo.Mounted == false ? false : mount.MountInfo.Accessible))],
        };
    }

    // The subtype of the info goes first: the summary's word is free text. vSAN's own subtype is newer than the dialect that is asked for.
    static DatastoreKind Kind(Vim.DatastoreInfo? info, string? type) => (info, type?.ToUpperInvariant()) switch
    {
        (Vim.VmfsDatastoreInfo, _) => DatastoreKind.Vmfs,
        (Vim.VvolDatastoreInfo, _) => DatastoreKind.Vvol,
        (Vim.PMemDatastoreInfo, _) => DatastoreKind.Pmem,
        (Vim.NasDatastoreInfo, "NFS41") => DatastoreKind.Nfs41,
        (Vim.NasDatastoreInfo, _) => DatastoreKind.Nfs,
        (null, "VMFS") => DatastoreKind.Vmfs,
        (null, "NFS") => DatastoreKind.Nfs,
        (null, "NFS41") => DatastoreKind.Nfs41,
        (_, "VSAN") => DatastoreKind.Vsan,
        (_, "VVOL") => DatastoreKind.Vvol,
        (_, "PMEM") => DatastoreKind.Pmem,
        _ => DatastoreKind.Other,
    };
}
