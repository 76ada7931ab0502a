using VmProxy.Lab.Storage;

namespace VmProxy.Lab.Model;

/// <summary>A virtual machine's state. Changed only under the inventory's lock.</summary>
internal sealed class LabVm
{
    public required string Id { get; init; }

    public required LabVmOptions Options { get; init; }

    public required LabDatastore Datastore { get; set; }

    public required string Host { get; set; }

    public required string ParentFolder { get; init; }

    public string Name => Options.Name;

    public Guid BiosUuid { get; init; } = Guid.NewGuid();

    public Guid InstanceUuid { get; init; } = Guid.NewGuid();

    public string PowerState { get; set; } = "poweredOff";

    public bool Template { get; set; }

    /// <summary>The VM's flag; disks begin to be tracked at the next stun.</summary>
    public bool ChangeTrackingEnabled { get; set; }

    /// <summary>Tracking was switched on while snapshots existed.</summary>
    public bool ChangeTrackingUnreliable { get; set; }

    public DateTimeOffset Modified { get; set; }

    /// <summary>What the server knows of the VM's files: as of the last refresh, not as of now. Null until somebody asks.</summary>
    public Vim25.VirtualMachineFileLayoutEx? Layout { get; set; }

    public Dictionary<string, object> ExtraConfig { get; } = new(StringComparer.Ordinal) { ["disk.EnableUUID"] = "TRUE" };

    public List<LabController> Controllers { get; } = [];

    public List<LabDisk> Disks { get; } = [];

    public List<LabSnapshot> Snapshots { get; } = [];

    public LabSnapshot? CurrentSnapshot { get; set; }

    public int LastSnapshotNumber { get; set; }

    /// <summary>How often the host stopped the VM because a write found no room on the datastore.</summary>
    public int Stopped { get; set; }

    /// <summary>The VM stands still and asks for room; a write that succeeds is somebody's "retry".</summary>
    public bool AsksForRoom { get; set; }

    /// <summary>The task that holds the VM.</summary>
    public LabTask? ActiveTask { get; set; }

    /// <summary>Held while the guest writes and while disks are frozen, so that a snapshot is one moment on all disks.</summary>
    public SemaphoreSlim Stun { get; } = new(1, 1);

    public bool IsWindows => Options.GuestId.StartsWith("win", StringComparison.Ordinal);

    public bool ConfigAvailable => Options.ConnectionState == "connected";

    /// <summary>The VM's folder on the lab's machine.</summary>
    public string FolderPath => Path.Combine(Datastore.Folder, Datastore.FolderNameOf(Name));

    public string DatastoreFolder => $"[{Datastore.Name}] {Datastore.FolderNameOf(Name)}";

    public string ConfigurationPath => $"{DatastoreFolder}/{Name}.vmx";

    public bool ConsolidationNeeded => Disks.Exists(disk => disk.Attached is null && disk.Tree is { ConsolidationNeeded: true });

    public void Touch(DateTimeOffset now)
    {
        Modified = now;
        VmFiles.WriteConfiguration(this);
    }

    /// <summary>What a stun does for a VM whose flag is set: disks that are not tracked begin to be.</summary>
    public void BeginChangeTracking()
    {
        if (!ChangeTrackingEnabled || !Options.ChangeTrackingSupported)
        {
            return;
        }

        foreach (var disk in Disks.Where(disk => disk.InSnapshots))
        {
            disk.Tracker ??= new ChangeTracker(disk.Tree!.Length, ChangeTrackingUnreliable);
        }
    }

    /// <summary>Ends the epoch of every disk; a new one begins at once where tracking was running.</summary>
    /// <param name="hidden">A lie: what was recorded is forgotten, but change ids go on.</param>
    public void ResetChangeTracking(bool hidden = false)
    {
        foreach (var disk in Disks.Where(disk => disk.Tracker is not null))
        {
            disk.Tracker = !ChangeTrackingEnabled ? null
                : hidden ? disk.Tracker!.Forget()
                : new ChangeTracker(disk.Tree!.Length, ChangeTrackingUnreliable);
        }
    }
}
