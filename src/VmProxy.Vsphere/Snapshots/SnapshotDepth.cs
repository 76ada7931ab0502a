namespace VmProxy.Vsphere;

/// <summary>How deep a VM's snapshots go, and how deep they may. 32 levels is vSphere's limit; from 28 on a warning is due (requirement 19).</summary>
public static class SnapshotDepth
{
    /// <summary>The level that is never reached: a chain of this many is refused.</summary>
    public const int Limit = 32;

    /// <summary>The level from which on a warning is due.</summary>
    public const int Warning = 28;

    /// <summary>Snapshot levels under the running state.</summary>
    public static int Of(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        int tree = vm.Snapshots.FirstOrDefault(snapshot => snapshot.Id == vm.CurrentSnapshot)?.Depth
            ?? vm.Snapshots.Select(snapshot => snapshot.Depth).DefaultIfEmpty().Max();
        int disks = vm.Disks.Select(disk => disk.ParentChain.Count).DefaultIfEmpty().Max();
        return Math.Max(tree, disks);
    }

    /// <summary>Whether one more snapshot, counted in, would reach <see cref="Limit"/>.</summary>
    public static bool IsFull(VirtualMachine vm) => Of(vm) + 1 >= Limit;

    /// <summary>Whether one more snapshot, counted in, reaches <see cref="Warning"/>.</summary>
    public static bool IsDeep(VirtualMachine vm) => Of(vm) + 1 >= Warning;
}
