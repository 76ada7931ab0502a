namespace VmProxy.Lab.Model;

/// <summary>
/// Moves VMs to other hosts and datastores, their snapshots with them, as vMotion and Storage vMotion do. Every file gets a new path; the
/// snapshot's identity stays; change tracking starts anew where the files moved.
/// </summary>
internal sealed class RelocationEngine(LabInventory inventory)
{
    /// <exception cref="Storage.FileLockedException">A disk is attached elsewhere, so its files cannot move.</exception>
    public async Task RelocateAsync(LabVm vm, LabHost? host, LabDatastore? datastore, CancellationToken cancellationToken)
    {
        await vm.Stun.WaitAsync(cancellationToken);
        try
        {
            lock (inventory.Gate)
            {
                if (datastore is not null && datastore != vm.Datastore)
                {
                    MoveFiles(vm, datastore);
                }

                vm.Host = host?.Id ?? vm.Host;
                vm.Touch(inventory.Options.Clock.GetUtcNow());
            }
        }
        finally
        {
            vm.Stun.Release();
        }

        inventory.Changed.Raise();
    }

    static void MoveFiles(LabVm vm, LabDatastore datastore)
    {
        var from = vm.FolderPath;
        var folder = datastore.FolderNameOf(vm.Name);
        var disks = vm.Disks.Concat(vm.Snapshots.SelectMany(snapshot => snapshot.AllDisks))
            .Where(disk => disk is { Attached: null, Tree: not null }).Distinct().ToArray();
        if (disks.SelectMany(disk => disk.Tree!.Layers).FirstOrDefault(layer => layer.Readers > 0) is { } held)
        {
            throw new Storage.FileLockedException(held.Files.DatastorePath);
        }

        foreach (var disk in disks)
        {
            disk.Tree!.MoveTo(Path.Combine(datastore.Folder, folder), $"[{datastore.Name}] {folder}", datastore.Space);
            disk.Datastore = datastore;
        }

        vm.Datastore = datastore;
        VmFiles.Move(vm, from);
        vm.ResetChangeTracking();
    }
}
