namespace VmProxy.Vsphere;

/// <summary>What a datastore is made of. It decides how its files can be read.</summary>
public enum DatastoreKind
{
    /// <summary>Something that this version does not know.</summary>
    Other,

    /// <summary>VMFS on LUNs.</summary>
    Vmfs,

    /// <summary>NFS 3.</summary>
    Nfs,

    /// <summary>NFS 4.1.</summary>
    Nfs41,

    /// <summary>vSAN.</summary>
    Vsan,

    /// <summary>Virtual volumes.</summary>
    Vvol,

    /// <summary>Persistent memory; its disks cannot be in a snapshot.</summary>
    Pmem,
}

/// <summary>A datastore.</summary>
public sealed record Datastore
{
    /// <summary>Identity.</summary>
    public required ObjectId Id { get; init; }

    /// <summary>Name, as it appears between brackets in file names.</summary>
    public required string Name { get; init; }

    /// <summary>Datacenter; null when the user may not see it.</summary>
    public Datacenter? Datacenter { get; init; }

    /// <summary>What it is made of.</summary>
    public DatastoreKind Kind { get; init; }

    /// <summary>The server's own word for its type, for example <c>VMFS</c>.</summary>
    public string TypeName { get; init; } = "";

    /// <summary>The server's locator, for example <c>ds:///vmfs/volumes/…/</c>.</summary>
    public string Url { get; init; } = "";

    /// <summary>Size in bytes.</summary>
    public long CapacityBytes { get; init; }

    /// <summary>Free bytes, as of the server's last refresh.</summary>
    public long FreeBytes { get; init; }

    /// <summary>Bytes that thin disks and swap may still claim; null when the server does not say.</summary>
    public long? UncommittedBytes { get; init; }

    /// <summary>Whether any host can reach it.</summary>
    public bool Accessible { get; init; }

    /// <summary>Whether several hosts mount it; null when the server does not say.</summary>
    public bool? MultipleHostAccess { get; init; }

    /// <summary><c>normal</c>, <c>enteringMaintenance</c> or <c>inMaintenance</c>; null when the server does not say.</summary>
    public string? MaintenanceMode { get; init; }

    /// <summary>VMFS: uuid of the volume; null elsewhere.</summary>
    public string? VmfsUuid { get; init; }

    /// <summary>VMFS: major version, 5 or 6; null elsewhere.</summary>
    public int? VmfsMajorVersion { get; init; }

    /// <summary>VMFS: the LUN partitions that it spans, in order.</summary>
    public IReadOnlyList<VmfsExtent> Extents { get; init; } = [];

    /// <summary>NFS: the server; null elsewhere.</summary>
    public string? RemoteHost { get; init; }

    /// <summary>NFS: the exported path; null elsewhere.</summary>
    public string? RemotePath { get; init; }

    /// <summary>The hosts that mount it.</summary>
    public IReadOnlyList<DatastoreMount> Mounts { get; init; } = [];
}

/// <summary>One partition of a LUN that a VMFS volume spans.</summary>
/// <param name="DiskName">Canonical name of the LUN: <c>naa.…</c>, <c>eui.…</c>, <c>t10.…</c> or <c>mpx.…</c>.</param>
/// <param name="Partition">Number of the partition.</param>
public sealed record VmfsExtent(string DiskName, int Partition);

/// <summary>How one host mounts a datastore.</summary>
/// <param name="Host">The host.</param>
/// <param name="AccessMode"><c>readWrite</c> or <c>readOnly</c>.</param>
/// <param name="Accessible">Whether the host has it mounted and can reach it; null when it does not say.</param>
public sealed record DatastoreMount(ObjectId Host, string AccessMode, bool? Accessible);
