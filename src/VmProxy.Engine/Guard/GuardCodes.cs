namespace VmProxy.Engine.Guard;

/// <summary>Stable codes of the guard, beside <see cref="Backup.ReasonCodes.NoRoom"/>. A code is never renamed.</summary>
public static class GuardCodes
{
    /// <summary>A repository's disk lacks room for what is expected to be written.</summary>
    public const string RepositoryFull = "GUARD_REPOSITORY_FULL";

    /// <summary>The disk of the state folder has less free than the floor.</summary>
    public const string StateFull = "GUARD_STATE_FULL";

    /// <summary>The disk of the staging folder lacks room for what is to be written there.</summary>
    public const string StagingFull = "GUARD_STAGING_FULL";

    /// <summary>The VM had to wait for other snapshots of ours; recorded, no warning.</summary>
    public const string Waited = "GUARD_WAITED";

    /// <summary>Other snapshots of ours did not go in the time that the configuration allows.</summary>
    public const string WaitTooLong = "GUARD_WAIT_TOO_LONG";

    /// <summary>A datastore filled so fast that the snapshot had to go: the backup was given up.</summary>
    public const string Filling = "GUARD_DATASTORE_FILLING";

    /// <summary>The snapshot came to the age at which it is removed: the backup was given up.</summary>
    public const string SnapshotTooOld = "GUARD_SNAPSHOT_TOO_OLD";

    /// <summary>Free space could not be watched for a while.</summary>
    public const string WatchFailed = "GUARD_WATCH_FAILED";

    /// <summary>The source answered so slowly that it was read with fewer reads at the same time; recorded, no warning.</summary>
    public const string ReadsSlowed = "GUARD_READS_SLOWED";
}
