using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Sessions;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Guard;

/// <summary>What the guard of one run works with.</summary>
sealed record GuardScope
{
    public required string RunId { get; init; }

    public required BackupLevel Level { get; init; }

    public required GuardSettings Guard { get; init; }

    /// <summary>The folder of this installation's own files.</summary>
    public required string StateFolder { get; init; }

    public required CatalogDatabase Catalog { get; init; }

    /// <summary>Where the points go; null where none is made.</summary>
    public required OpenedRepository? Repository { get; init; }

    public required OpenedVcenter Vcenter { get; init; }

    public required Inventory Inventory { get; init; }

    public required PointHistory History { get; init; }

    /// <summary>A place among the VMs that are backed up at the same time, which a waiting VM lends to others; null where nobody else is.</summary>
    public SemaphoreSlim? VmSlots { get; init; }

    /// <summary>A snapshot that has not begun by then is not made; null is never.</summary>
    public DateTimeOffset? BeginUntil { get; init; }

    public required SessionParts Parts { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Log { get; init; }

    /// <summary>For a run that makes snapshots and no points; a backup says besides which level it makes, where to, and after what.</summary>
    public static GuardScope Of(
        ProxySession session, string runId, CatalogDatabase catalog, OpenedVcenter vcenter, Inventory inventory, ILogger log) => new()
    {
        RunId = runId,
        Level = BackupLevel.Incremental,
        Guard = session.Settings.Guard,
        StateFolder = session.Settings.State.Folder,
        Catalog = catalog,
        Repository = null,
        Vcenter = vcenter,
        Inventory = inventory,
        History = PointHistory.None,
        Parts = session.Parts,
        Time = session.Time,
        Log = log,
    };

    public IProcessTable Processes => Parts.Processes;

    /// <summary>What tells a datastore from every other of every vCenter.</summary>
    public string PlaceOf(ObjectId datastore) => $"{Vcenter.Connection.InstanceUuid}/{datastore}";
}
