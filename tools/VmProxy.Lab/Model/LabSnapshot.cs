using VmProxy.Lab.Storage;

namespace VmProxy.Lab.Model;

/// <summary>A snapshot of a VM.</summary>
internal sealed class LabSnapshot
{
    public required string Id { get; init; }

    public required int Number { get; init; }

    public required LabVm Vm { get; init; }

    public required string Name { get; set; }

    public required string Description { get; set; }

    public required DateTimeOffset Created { get; init; }

    public required bool Quiesced { get; init; }

    /// <summary>How the guest was quiesced; null when it was not.</summary>
    public LabQuiesce? Quiesce { get; init; }

    public required string PowerState { get; init; }

    public LabSnapshot? Parent { get; set; }

    /// <summary>The disks that the snapshot froze.</summary>
    public required IReadOnlyList<LabSnapshotDisk> Disks { get; init; }

    /// <summary>All disks that the VM had, also those that snapshots leave out.</summary>
    public required IReadOnlyList<LabDisk> AllDisks { get; init; }

    public required IReadOnlyList<LabController> Controllers { get; init; }

    public required bool ChangeTrackingEnabled { get; init; }
}

/// <summary>A disk as a snapshot holds it.</summary>
/// <param name="disk">The disk.</param>
/// <param name="changes">What change tracking knew; null when it was off.</param>
internal sealed class LabSnapshotDisk(LabDisk disk, FrozenChanges? changes)
{
    string? _sha256;

    public LabDisk Disk => disk;

    public FrozenChanges? Changes => changes;

    /// <summary>The size at the snapshot.</summary>
    public long Capacity { get; } = disk.Tree!.Length;

    public DiskLayer Layer(LabSnapshot snapshot) => disk.Tree!.Pinned(snapshot.Id);

    public string Sha256(LabSnapshot snapshot) => _sha256 ??= DiskImage.Sha256(disk.Tree!, Layer(snapshot));
}
