using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Guard;
using VmProxy.Engine.Sessions;
using VmProxy.Engine.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>What everything shares that reads disks from snapshots of its own: backups, and comparisons of transports.</summary>
record SnapshotContext
{
    public required string RunId { get; init; }

    public required JobSettings Job { get; init; }

    public required SpaceGuard Guard { get; init; }

    public required CatalogDatabase Catalog { get; init; }

    public required OpenedVcenter Vcenter { get; init; }

    public required Inventory Inventory { get; init; }

    public required TransportSet Transports { get; init; }

    public required ChangeLog Changes { get; init; }

    public required ICheckpoints Checkpoints { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Log { get; init; }
}
