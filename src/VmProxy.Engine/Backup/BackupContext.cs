using VmProxy.Engine.Configuration;
using VmProxy.Engine.Sessions;

namespace VmProxy.Engine.Backup;

/// <summary>What the VMs of one backup run share.</summary>
sealed record BackupContext : SnapshotContext
{
    public required BackupLevel Level { get; init; }

    public required OpenedRepository Repository { get; init; }

    public required PointHistory History { get; init; }

    /// <summary>Limits the disks that are read at the same time, over all VMs.</summary>
    public required SemaphoreSlim DiskSlots { get; init; }

    /// <summary>Limits the VMs that are backed up at the same time; one that waits for others lends its place.</summary>
    public required SemaphoreSlim VmSlots { get; init; }

    /// <summary>Numbers that make chance.</summary>
    public required Func<int> Seed { get; init; }

    /// <summary>Where the evidence of spot checks is kept.</summary>
    public required string EvidenceFolder { get; init; }

    public required IProgress<WorkProgress>? Progress { get; init; }
}
