namespace VmProxy.Engine.Backup;

/// <summary>Stable codes of what the engine decides and refuses itself. A code is never renamed.</summary>
public static class ReasonCodes
{
    /// <summary>The VM that was named does not exist.</summary>
    public const string VmUnknown = "VM_UNKNOWN";

    /// <summary>Several VMs have the name.</summary>
    public const string VmAmbiguous = "VM_AMBIGUOUS";

    /// <summary>A job's selection fits no VM.</summary>
    public const string SelectionEmpty = "JOB_SELECTION_EMPTY";

    /// <summary>An entry of a job's selection fits no VM.</summary>
    public const string SelectionUnmatched = "JOB_SELECTION_UNMATCHED";

    /// <summary>The server gives the VM no instance UUID, by which it would be known again.</summary>
    public const string VmWithoutIdentity = "VM_NO_INSTANCE_UUID";

    /// <summary>A datastore lacks room for a snapshot: for the floor that the configuration asks for, what the guest will write, and merging that back.</summary>
    public const string NoRoom = "GUARD_DATASTORE_FULL";

    /// <summary>What the repository has lost of the earlier point was read again from the disk.</summary>
    public const string DamageReadAgain = "REPOSITORY_DAMAGE_READ_AGAIN";

    /// <summary>A full was asked for.</summary>
    public const string FullRequested = "LEVEL_FULL_REQUESTED";

    /// <summary>Snapshot, disk chains or lease were not what they were when the backup began: the point was discarded.</summary>
    public const string Discarded = "POINT_DISCARDED";

    /// <summary>Somebody cancelled it; what it had begun was undone, or the message says what stays.</summary>
    public const string Cancelled = "CANCELLED";

    /// <summary>The run's lease was taken over.</summary>
    public const string LeaseLost = "RUN_LEASE_LOST";

    /// <summary>The snapshot could not be removed; the janitor will try again.</summary>
    public const string SnapshotLeft = "SNAPSHOT_NOT_REMOVED";

    /// <summary>A disk could not be detached from the proxy; its snapshot stays until the janitor has detached it.</summary>
    public const string DiskLeft = "DISK_NOT_DETACHED";

    /// <summary>The snapshot is crash-consistent though a quiesced one was preferred.</summary>
    public const string CrashConsistent = "SNAPSHOT_CRASH_CONSISTENT";

    /// <summary>Applications of the guest were not quiesced, only its file systems: it is encrypted.</summary>
    public const string FileSystemsOnly = "SNAPSHOT_FILE_SYSTEMS_ONLY";

    /// <summary>The server cannot pass on how a Windows guest is to be quiesced: the guest's tools decided.</summary>
    public const string VssLeftToTools = "SNAPSHOT_VSS_LEFT_TO_TOOLS";

    /// <summary>The freeze command failed: no snapshot was made.</summary>
    public const string FreezeFailed = "FREEZE_FAILED";

    /// <summary>The thaw command failed: what was frozen may still be.</summary>
    public const string ThawFailed = "THAW_FAILED";

    /// <summary>The command before the job or the VM failed: nothing was begun.</summary>
    public const string CommandBeforeFailed = "COMMAND_BEFORE_FAILED";

    /// <summary>The command after the job or the VM failed; points are not concerned.</summary>
    public const string CommandAfterFailed = "COMMAND_AFTER_FAILED";

    /// <summary>The last window of the job's schedule closed before the VM's turn came.</summary>
    public const string WindowClosed = "JOB_WINDOW_CLOSED";

    /// <summary>No job selects the VM, and none excludes it.</summary>
    public const string VmUncovered = "VM_NOT_COVERED";

    /// <summary>The VM was migrated while it was read.</summary>
    public const string Migrated = "VM_MIGRATED";

    /// <summary>The job leaves the disk out.</summary>
    public const string DiskExcluded = "DISK_EXCLUDED_BY_JOB";

    /// <summary>An entry of ExcludeDisks fits no disk.</summary>
    public const string ExclusionUnmatched = "JOB_EXCLUDE_DISK_UNMATCHED";

    /// <summary>The VM is encrypted and the repository is not.</summary>
    public const string EncryptedIntoClear = "VM_ENCRYPTED_REPOSITORY_IN_CLEAR";

    /// <summary>The VM is encrypted and the user may not read encrypted VMs.</summary>
    public const string EncryptedNoAccess = "VM_ENCRYPTED_NO_ACCESS";

    /// <summary>A file of the VM's configuration could not be saved.</summary>
    public const string FileNotSaved = "VM_FILE_NOT_SAVED";

    /// <summary>A disk of the snapshot is missing from it, or came up though it should not be there.</summary>
    public const string DiskMissing = "DISK_NOT_IN_SNAPSHOT";

    /// <summary>The device does not have the size of the disk.</summary>
    public const string DiskSize = "DISK_SIZE_MISMATCH";

    /// <summary>No transport can read the disk.</summary>
    public const string NoTransport = "DISK_NO_TRANSPORT";

    /// <summary>Two transports read different bytes of the same snapshot.</summary>
    public const string TransportsDiffer = "COMPARE_TRANSPORTS_DIFFER";

    /// <summary>A comparison of transports that could prove nothing: fewer than two read the disk, or it holds no data.</summary>
    public const string NotCompared = "COMPARE_NOTHING_PROVED";

    /// <summary>The state folder cannot be written.</summary>
    public const string StateUnwritable = "STATE_UNWRITABLE";

    /// <summary>The catalog could not record a point that the repository holds.</summary>
    public const string CatalogBehind = "CATALOG_NOT_UPDATED";

    /// <summary>A snapshot or disk bears a mark that does not prove that it is ours.</summary>
    public const string NotProvablyOurs = "JANITOR_NOT_PROVABLY_OURS";

    /// <summary>A disk of another VM is attached to the proxy, and no journal entry knows it.</summary>
    public const string ForeignDisk = "JANITOR_FOREIGN_DISK";

    /// <summary>Disks of a VM need consolidation after a snapshot of ours, and the next attempt is not due yet.</summary>
    public const string ConsolidationWaits = "JANITOR_CONSOLIDATION_WAITS";

    /// <summary>A snapshot of ours stays because a disk of it is attached to another VM.</summary>
    public const string DiskHeld = "JANITOR_DISK_HELD";

    /// <summary>The vCenter that a journal entry is about is not configured any more.</summary>
    public const string VcenterUnknown = "JANITOR_VCENTER_UNKNOWN";

    /// <summary>Far more than usual has changed, and it does not compress any more: as if the VM's files had been encrypted.</summary>
    public const string Ransomware = "ANOMALY_RANSOMWARE";

    /// <summary>The point is the VM's newest good one, and is not deleted unless that is asked for.</summary>
    public const string NewestGoodPoint = "POINT_NEWEST_GOOD";
}
