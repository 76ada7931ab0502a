using VmProxy.Lab.Storage;

namespace VmProxy.Lab.Model;

/// <summary>A virtual disk of a VM: its place, its mode and its files.</summary>
internal sealed class LabDisk
{
    public required int Key { get; init; }

    public required string Label { get; init; }

    public required LabController Controller { get; init; }

    public required int Unit { get; init; }

    public required string Mode { get; init; }

    public string Sharing { get; init; } = "sharingNone";

    public string? RawDeviceMapping { get; init; }

    /// <summary>The files; null for the disks of VMs that exist for their number only.</summary>
    public required DiskTree? Tree { get; init; }

    public required LabDatastore Datastore { get; set; }

    /// <summary>The backing is of a type that no 6.7 client knows.</summary>
    public bool UnknownBacking { get; init; }

    /// <summary>Set for a disk of another VM that is attached here: the link that was attached.</summary>
    public DiskLayer? Attached { get; init; }

    /// <summary>Where an attached disk appears on the lab's machine.</summary>
    public string? DevicePath { get; init; }

    /// <summary>Null until tracking has begun.</summary>
    public ChangeTracker? Tracker { get; set; }

    public DiskLayer? Layer => Attached ?? Tree?.Leaf;

    /// <summary>Whether snapshots hold the disk.</summary>
    public bool InSnapshots =>
        Tree is not null && Attached is null && RawDeviceMapping != "physicalMode" && Datastore.Type != "PMEM"
        && !Mode.StartsWith("independent", StringComparison.Ordinal);
}
