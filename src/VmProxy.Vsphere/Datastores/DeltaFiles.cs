namespace VmProxy.Vsphere;

/// <summary>What a VM takes on its datastores, as the server sees it after a refresh.</summary>
/// <param name="CommittedBytes">Bytes that all of its files take, those shared with other VMs too; null when the server does not say.</param>
/// <param name="Deltas">The files that hold what the guest wrote since a snapshot: all links of the running chains above it.</param>
public sealed record VmSpace(long? CommittedBytes, IReadOnlyList<DeltaFile> Deltas);

/// <summary>A file that removing a snapshot merges into what lies below.</summary>
/// <param name="DiskKey">The disk.</param>
/// <param name="File">As <c>[datastore] folder/name</c>.</param>
/// <param name="Bytes">What it takes on its datastore.</param>
public sealed record DeltaFile(int DiskKey, string File, long Bytes);

/// <summary>Measures VMs on their datastores. From layoutEx, which names the files of every chain (requirement 10).</summary>
sealed class SpaceReader(PropertyReader properties, VirtualMachines machines)
{
    static readonly string[] Paths = ["layoutEx", "summary.storage"];

    public async Task<VmSpace> ReadAsync(ObjectId vm, ObjectId? snapshot, CancellationToken cancellationToken)
    {
        await machines.RefreshStorageAsync(vm, cancellationToken).ConfigureAwait(false);
        var facts = await properties.ReadAsync(vm, Paths, cancellationToken).ConfigureAwait(false);
        var layout = facts.Object<Vim.VirtualMachineFileLayoutEx>("layoutEx");
        return new VmSpace(
            facts.Object<Vim.VirtualMachineStorageSummary>("summary.storage")?.Committed,
            layout is null || snapshot is null ? [] : [.. Deltas(layout, snapshot.Value)]);
    }

    /// <summary>The files of the running chains that are not in the snapshot's own.</summary>
    static IEnumerable<DeltaFile> Deltas(Vim.VirtualMachineFileLayoutEx layout, ObjectId snapshot)
    {
        var frozen = layout.Snapshot.Where(one => one.Key.ToId() == snapshot).SelectMany(one => one.Disk).ToLookup(disk => disk.Key, disk => Keys(disk).ToHashSet());
        var files = layout.File.DistinctBy(file => file.Key).ToDictionary(file => file.Key);
        foreach (var disk in layout.Disk.Where(disk => frozen.Contains(disk.Key)))
        {
            foreach (var key in Keys(disk).Where(key => !frozen[disk.Key].First().Contains(key)))
            {
                if (files.TryGetValue(key, out var file))
                {
                    yield return new DeltaFile(disk.Key, file.Name, file.Size);
                }
            }
        }
    }

    static IEnumerable<int> Keys(Vim.VirtualMachineFileLayoutExDiskLayout disk) => disk.Chain.SelectMany(unit => unit.FileKey);
}
