namespace VmProxy.Lab.Model;

/// <summary>A snapshot in the lab's log, kept after the snapshot has gone.</summary>
public sealed record SnapshotLogEntry(
    string Vm, string Snapshot, string Name, string Description, DateTimeOffset Created, bool Quiesced, bool Removed,
    IReadOnlyList<SnapshotLogDisk> Disks)
{
    /// <summary>How the guest was quiesced; null when it was not.</summary>
    public LabQuiesce? Quiesce { get; init; }
}

/// <summary>A disk as it was at a snapshot.</summary>
/// <param name="Key">The device key.</param>
/// <param name="Label">Such as "Hard disk 1".</param>
/// <param name="FileName">The frozen link, as "[datastore] vm/disk.vmdk".</param>
/// <param name="Capacity">Bytes.</param>
/// <param name="ChangeId">Null while changes are not tracked.</param>
/// <param name="Sha256">Of the whole disk, lower-case hex; null for a disk larger than the lab's hash limit.</param>
public sealed record SnapshotLogDisk(int Key, string Label, string FileName, long Capacity, string? ChangeId, string? Sha256);

/// <summary>
/// Every snapshot that ever was, with what its disks held. Hashing waits until someone asks or the snapshot is about to go,
/// because a snapshot must not take longer for it.
/// </summary>
internal sealed class SnapshotLog(long hashLimit)
{
    readonly Lock _gate = new();
    readonly List<SnapshotLogEntry> _closed = [];
    readonly List<LabSnapshot> _open = [];

    public void Add(LabSnapshot snapshot)
    {
        lock (_gate)
        {
            _open.Add(snapshot);
        }
    }

    /// <summary>Takes down what the snapshot holds while its links still exist.</summary>
    public void Close(LabSnapshot snapshot)
    {
        lock (_gate)
        {
            if (_open.Remove(snapshot))
            {
                _closed.Add(Describe(snapshot, removed: true));
            }
        }
    }

    public IReadOnlyList<SnapshotLogEntry> Read()
    {
        lock (_gate)
        {
            return [.. _closed.Concat(_open.Select(snapshot => Describe(snapshot, removed: false))).OrderBy(entry => entry.Created)];
        }
    }

    SnapshotLogEntry Describe(LabSnapshot snapshot, bool removed) => new(
        snapshot.Vm.Name,
        snapshot.Id,
        snapshot.Name,
        snapshot.Description,
        snapshot.Created,
        snapshot.Quiesced,
        removed,
        [.. snapshot.Disks.Select(disk => Describe(snapshot, disk))])
    {
        Quiesce = snapshot.Quiesce,
    };

    SnapshotLogDisk Describe(LabSnapshot snapshot, LabSnapshotDisk disk) => new(
        disk.Disk.Key,
        disk.Disk.Label,
        disk.Layer(snapshot).Files.DatastorePath,
        disk.Capacity,
        disk.Changes?.ChangeId,
        disk.Capacity <= hashLimit ? disk.Sha256(snapshot) : null);
}
