namespace VmProxy.Vsphere;

/// <summary>What must be remembered of a disk at a backup, to judge at the next one whether changed areas can be believed.</summary>
public sealed record DiskTrack
{
    /// <summary>Change id in the backup's snapshot; null when it had none.</summary>
    public string? ChangeId { get; init; }

    /// <summary>Size in bytes.</summary>
    public long CapacityBytes { get; init; }

    /// <summary>Disk uuid; null when the server did not say.</summary>
    public string? DiskUuid { get; init; }

    /// <summary>Descriptors of the snapshot's disk, head first; empty when not recorded.</summary>
    public IReadOnlyList<string> Chain { get; init; } = [];

    /// <summary>The snapshot that ours was made on top of; null when none or not recorded.</summary>
    public ObjectId? ParentSnapshot { get; init; }

    /// <summary>All other snapshots of the VM; only the current track's are looked at.</summary>
    public IReadOnlyList<ObjectId> Snapshots { get; init; } = [];

    /// <summary>Version of the host that ran the VM; null when not recorded.</summary>
    public string? HostVersion { get; init; }

    /// <summary>Build of the host that ran the VM; null when not recorded.</summary>
    public string? HostBuild { get; init; }

    /// <summary>The epoch of change tracking that was switched on while the VM had snapshots; its changes are never believed. Null for a sound one.</summary>
    public string? SpoiltEpoch { get; init; }

    /// <summary>This track, knowing whether its epoch is spoilt: a spoilt one stays so when the snapshots that spoilt it are gone.</summary>
    /// <param name="previous">The disk at the earlier point; null when there is none.</param>
    /// <param name="startedUnderSnapshots">Whether the VM's snapshots show now that tracking was switched on under them.</param>
    public DiskTrack Remembering(DiskTrack? previous, bool startedUnderSnapshots)
    {
        string? epoch = string.IsNullOrEmpty(ChangeId) ? null : Vsphere.ChangeId.Parse(ChangeId).Epoch;
        bool spoilt = startedUnderSnapshots || string.Equals(previous?.SpoiltEpoch, epoch, StringComparison.OrdinalIgnoreCase);
        return this with { SpoiltEpoch = spoilt ? epoch : null };
    }
}

/// <summary>Whether an incremental may rely on changed areas.</summary>
/// <param name="IsTrusted">False: read the disk in full.</param>
/// <param name="Code">One of <see cref="ChangeTrackingCodes"/>.</param>
/// <param name="Reason">For people.</param>
public sealed record TrustVerdict(bool IsTrusted, string Code, string Reason);

/// <summary>Compares a disk with what was remembered of it. Every doubt ends in a full read (requirements 1 and 4).</summary>
public static class ChangeTrackingTrust
{
    /// <summary>Judges whether changes since <paramref name="previous"/> can be asked for.</summary>
    /// <param name="previous">The disk at the last good point; null when there is none.</param>
    /// <param name="current">The disk in the snapshot just made.</param>
    public static TrustVerdict Judge(DiskTrack? previous, DiskTrack current)
    {
        ArgumentNullException.ThrowIfNull(current);
        if (previous is null)
        {
            return Full(ChangeTrackingCodes.NoBase, "there is no earlier point of this disk");
        }

        if (previous.DiskUuid is { Length: > 0 } oldUuid && current.DiskUuid is { Length: > 0 } newUuid
            && !string.Equals(oldUuid, newUuid, StringComparison.OrdinalIgnoreCase))
        {
            return Full(ChangeTrackingCodes.DiskReplaced, $"the disk's uuid was {oldUuid} and is {newUuid}");
        }

        if (previous.CapacityBytes != current.CapacityBytes)
        {
            return Full(
                ChangeTrackingCodes.CapacityChanged,
                $"the disk had {previous.CapacityBytes} bytes and has {current.CapacityBytes}; older hosts misreport changes after growth (Broadcom KB 310751)");
        }

        if (string.IsNullOrEmpty(previous.ChangeId) || string.IsNullOrEmpty(current.ChangeId))
        {
            return Full(
                ChangeTrackingCodes.NoChangeId,
                string.IsNullOrEmpty(current.ChangeId) ? "this snapshot has no change id for the disk" : "the earlier point has no change id for the disk");
        }

        return JudgeHistory(previous, current) ?? JudgeHosts(previous, current)
            ?? new TrustVerdict(true, ChangeTrackingCodes.Trusted, $"change tracking is unbroken since {previous.ChangeId}");
    }

    /// <summary>
    /// Whether a reason against changed areas speaks against what the server calls allocated, too: it knows both from the same record. A record that
    /// began anew (<see cref="ChangeTrackingCodes.EpochChanged"/>) or was never asked for is sound.
    /// </summary>
    /// <param name="code">One of <see cref="ChangeTrackingCodes"/>, or another reason for a full.</param>
    public static bool SpoilsAllocation(string code) => code is ChangeTrackingCodes.CapacityChanged or ChangeTrackingCodes.Reverted
        or ChangeTrackingCodes.HostBuildKnownBad or ChangeTrackingCodes.StartedUnderSnapshots or ChangeTrackingCodes.QueryRefused
        or ChangeTrackingCodes.AnswerIncomplete or ChangeTrackingCodes.AnswerInvalid or ChangeTrackingCodes.NotSupported
        or ChangeTrackingCodes.SpotCheckMissed or ChangeTrackingCodes.Distrusted;

    static TrustVerdict? JudgeHistory(DiskTrack previous, DiskTrack current)
    {
        var before = ChangeId.Parse(previous.ChangeId!);
        var now = ChangeId.Parse(current.ChangeId!);
        if (!string.Equals(before.Epoch, now.Epoch, StringComparison.OrdinalIgnoreCase))
        {
            return Full(ChangeTrackingCodes.EpochChanged, $"change tracking was reset: the epoch was {before.Epoch} and is {now.Epoch}");
        }

        if (current.SpoiltEpoch is not null)
        {
            return Full(
                ChangeTrackingCodes.StartedUnderSnapshots,
                $"change tracking of epoch {now.Epoch} was switched on while the VM had snapshots, and misses changes (VMware KB 1020128); reset it once it has none");
        }

        // Every snapshot takes a later number, so one that did not grow was counted from an older state.
        if (before.Sequence is null || now.Sequence is null || now.Sequence <= before.Sequence)
        {
            return Full(
                ChangeTrackingCodes.Reverted, $"the change id went from {previous.ChangeId} to {current.ChangeId}: the VM was reverted");
        }

        // The head that the base was read from is gone, while the snapshot below it still stands: it was thrown away by a revert, not merged.
        bool headGone = previous.Chain.Count > 0 && current.Chain.Count > 0 && !current.Chain.Contains(previous.Chain[0], StringComparer.Ordinal);
        return headGone && previous.ParentSnapshot is { } parent && current.Snapshots.Contains(parent)
            ? Full(ChangeTrackingCodes.Reverted, $"{previous.Chain[0]} is gone while snapshot {parent.Value} below it still exists: the VM was reverted")
            : null;
    }

    static TrustVerdict? JudgeHosts(DiskTrack previous, DiskTrack current)
    {
        string? defect = KnownBadBuilds.Find(current.HostVersion, current.HostBuild, current.CapacityBytes)
            ?? KnownBadBuilds.Find(previous.HostVersion, previous.HostBuild, previous.CapacityBytes);
        return defect is null ? null : Full(ChangeTrackingCodes.HostBuildKnownBad, defect);
    }

    static TrustVerdict Full(string code, string reason) => new(false, code, reason);
}
