using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Guard;
using VmProxy.Engine.Sessions;
using VmProxy.Engine.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>What the VMs of one run share.</summary>
sealed record BackupContext
{
    public required string RunId { get; init; }

    public required JobSettings Job { get; init; }

    public required BackupLevel Level { get; init; }

    public required SpaceGuard Guard { get; init; }

    public required CatalogDatabase Catalog { get; init; }

    public required OpenedRepository Repository { get; init; }

    public required OpenedVcenter Vcenter { get; init; }

    public required Inventory Inventory { get; init; }

    public required TransportSet Transports { get; init; }

    public required PointHistory History { get; init; }

    public required ChangeLog Changes { get; init; }

    public required ICheckpoints Checkpoints { get; init; }

    /// <summary>Limits the disks that are read at the same time, over all VMs.</summary>
    public required SemaphoreSlim DiskSlots { get; init; }

    /// <summary>Numbers that make chance.</summary>
    public required Func<int> Seed { get; init; }

    /// <summary>Where the evidence of spot checks is kept.</summary>
    public required string EvidenceFolder { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Log { get; init; }

    public required IProgress<WorkProgress>? Progress { get; init; }
}
