namespace VmProxy.Vsphere;

/// <summary>A snapshot that was made.</summary>
/// <param name="Snapshot">Identity; only by this is it ever removed.</param>
/// <param name="Quiesced">Whether the guest was quiesced.</param>
/// <param name="DowngradeReason">Why it is crash-consistent although quiescing was preferred; null otherwise.</param>
public sealed record SnapshotCreated(ObjectId Snapshot, bool Quiesced, string? DowngradeReason)
{
    /// <summary>What became of the wish how a Windows guest is quiesced.</summary>
    public VssOutcome Vss { get; init; }
}

/// <summary>A snapshot that is gone.</summary>
/// <param name="WasPresent">False when somebody else had removed it.</param>
/// <param name="Took">Time that the removal took.</param>
/// <param name="ConsolidationFailure">Why disks still need consolidation; null when they do not.</param>
public sealed record SnapshotRemoved(bool WasPresent, TimeSpan Took, VsphereException? ConsolidationFailure);

/// <summary>Whether what was read through a snapshot can still be believed.</summary>
/// <param name="Holds">False: discard what was read.</param>
/// <param name="Code">One of <see cref="SnapshotCheckCodes"/>.</param>
/// <param name="Reason">For people.</param>
public sealed record SnapshotCheck(bool Holds, string Code, string Reason)
{
    /// <summary>The host that the VM belongs to now; null when none, or when the snapshot is gone.</summary>
    public ObjectId? HostId { get; init; }
}

/// <summary>The stable codes of <see cref="SnapshotCheck"/>.</summary>
public static class SnapshotCheckCodes
{
    /// <summary>Snapshot and chains are as they were.</summary>
    public const string Holds = "SNAPSHOT_HOLDS";

    /// <summary>The snapshot is gone: somebody removed it, and its blocks were written over.</summary>
    public const string Gone = "SNAPSHOT_GONE";

    /// <summary>
    /// The snapshot stands, but its files lie elsewhere: a storage migration took them along. What it holds is the same; what was read at the old
    /// place cannot be believed, and is read again through <see cref="VmSnapshots.ReadDisksAsync"/> (requirement 17).
    /// </summary>
    public const string Moved = "SNAPSHOT_MOVED";

    /// <summary>A disk's chain is not the one that was read.</summary>
    public const string ChainChanged = "SNAPSHOT_CHAIN_CHANGED";
}
