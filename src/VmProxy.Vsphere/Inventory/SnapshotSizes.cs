namespace VmProxy.Vsphere;

/// <summary>
/// What snapshots cost, by layoutEx (requirement 10): a snapshot's own data and memory files, and the delta files that were begun when it was made.
/// </summary>
static class SnapshotSizes
{
    /// <summary>The snapshots with their sizes; without a layout of theirs they have none.</summary>
    public static IReadOnlyList<SnapshotInfo> Add(
        IReadOnlyList<SnapshotInfo> snapshots, ObjectId? current, Vim.VirtualMachineFileLayoutEx? layout)
    {
        var files = layout?.File.DistinctBy(file => file.Key).ToDictionary(file => file.Key) ?? [];
        var layouts = layout?.Snapshot.DistinctBy(snapshot => snapshot.Key.ToId()).ToDictionary(snapshot => snapshot.Key.ToId()) ?? [];
        return [.. snapshots.Select(snapshot => layouts.TryGetValue(snapshot.Id, out var own)
            ? snapshot with { SizeBytes = SizeOf(snapshot, own) }
            : snapshot)];

        long SizeOf(SnapshotInfo snapshot, Vim.VirtualMachineFileLayoutExSnapshotLayout own)
        {
            var frozen = Files(own.Disk);
            var later = snapshots.Where(child => child.Parent == snapshot.Id && layouts.ContainsKey(child.Id)).SelectMany(child => Files(layouts[child.Id].Disk));
            if (snapshot.Id == current)
            {
                later = later.Concat(Files(layout!.Disk));
            }

            return later.Where(key => !frozen.Contains(key)).Concat(new[] { own.DataKey, own.MemoryKey }.Where(IsOfSnapshot)).Distinct()
                .Sum(key => files.TryGetValue(key, out var file) ? file.Size : 0);
        }

        // A server before 6.0 gives no key of the memory file, which then reads as that of the first file.
        bool IsOfSnapshot(int key) => files.TryGetValue(key, out var file) && file.Type.StartsWith("snapshot", StringComparison.Ordinal);
    }

    static HashSet<int> Files(IEnumerable<Vim.VirtualMachineFileLayoutExDiskLayout> disks) =>
        [.. disks.SelectMany(disk => disk.Chain).SelectMany(unit => unit.FileKey)];
}
