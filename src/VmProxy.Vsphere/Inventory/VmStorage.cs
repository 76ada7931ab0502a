namespace VmProxy.Vsphere;

/// <summary>What a VM takes on one datastore, as of the server's last refresh.</summary>
/// <param name="Datastore">The datastore's name.</param>
/// <param name="Bytes">All of its files there.</param>
/// <param name="SnapshotBytes">Of these, what snapshots cost: deltas, memory and state.</param>
/// <param name="SwapBytes">Of these, swap files.</param>
public sealed record VmStorage(string Datastore, long Bytes, long SnapshotBytes, long SwapBytes);

/// <summary>A disk that runs on a delta: the chain above its base.</summary>
/// <param name="DiskKey">The disk.</param>
/// <param name="File">The link that is written to, as <c>[datastore] folder/name</c>.</param>
/// <param name="Base">The lowest link.</param>
/// <param name="Bytes">What the links above the base take.</param>
public sealed record DeltaChain(int DiskKey, string File, string Base, long Bytes);

/// <summary>Sums up the files of a VM by layoutEx (requirement 10).</summary>
static class VmStorageMapper
{
    public static IReadOnlyList<VmStorage> Of(Vim.VirtualMachineFileLayoutEx? layout)
    {
        if (layout is null)
        {
            return [];
        }

        // An extent of a link above the base; the base of a linked clone is another VM's file and is listed all the same.
        var deltas = layout.Disk.Concat(layout.Snapshot.SelectMany(snapshot => snapshot.Disk))
            .SelectMany(disk => disk.Chain.Skip(1)).SelectMany(unit => unit.FileKey).ToHashSet();
        return
        [
            .. layout.File.DistinctBy(file => file.Key)
                .Select(file => (Datastore: DatastorePath.TryParse(file.Name, out var path) ? path.Datastore : "", File: file))
                .GroupBy(one => one.Datastore, one => one.File, StringComparer.Ordinal)
                .Select(group => new VmStorage(
                    group.Key,
                    group.Sum(file => file.Size),
                    group.Where(file => deltas.Contains(file.Key) || file.Type is "snapshotData" or "snapshotMemory").Sum(file => file.Size),
                    group.Where(file => file.Type is "swap" or "uwswap").Sum(file => file.Size))),
        ];
    }

    public static IReadOnlyList<DeltaChain> Deltas(Vim.VirtualMachineFileLayoutEx? layout)
    {
        var files = layout?.File.DistinctBy(file => file.Key).ToDictionary(file => file.Key) ?? [];
        return
        [
            .. from disk in layout?.Disk ?? []
               where disk.Chain.Count > 1
               let above = disk.Chain.Skip(1).SelectMany(unit => unit.FileKey).Distinct().Where(files.ContainsKey).Select(key => files[key]).ToArray()
               let leaf = disk.Chain[^1].FileKey.Where(files.ContainsKey).Select(key => files[key].Name).FirstOrDefault("")
               let lowest = disk.Chain[0].FileKey.Where(files.ContainsKey).Select(key => files[key].Name).FirstOrDefault("")
               select new DeltaChain(disk.Key, leaf, lowest, above.Sum(file => file.Size)),
        ];
    }
}
