using VmProxy.Catalog;
using VmProxy.Engine.Capacity.Forecasting;
using VmProxy.Engine.Sessions;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Capacity;

/// <summary>Reads how full the datastores of all vCenters are, and keeps a sample in the catalog.</summary>
/// <param name="session">What it works with.</param>
public sealed class CapacityReporter(ProxySession session)
{
    /// <summary>Reads, records and reports.</summary>
    public async Task<CapacityReport> RunAsync(CancellationToken cancellationToken)
    {
        var taken = session.Time.GetUtcNow();
        List<DatastoreCapacity> rows = [];
        List<(DatastoreRecord, CapacitySample)> samples = [];
        foreach (var settings in session.Settings.VCenters)
        {
            var vcenter = await session.VcenterAsync(settings, cancellationToken).ConfigureAwait(false);
            var inventory = await vcenter.Connection.ReadInventoryAsync(cancellationToken).ConfigureAwait(false);
            foreach (var known in inventory.Datastores)
            {
                var datastore = await RefreshAsync(vcenter, known, cancellationToken).ConfigureAwait(false);
                var row = Row(vcenter.Name, datastore, inventory);
                rows.Add(row);
                samples.Add((
                    new DatastoreRecord(vcenter.Connection.InstanceUuid, datastore.Id.ToString(), datastore.Name, datastore.TypeName),
                    Sample(taken, row)));
            }
        }

        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        await catalog.Capacity.RecordAsync(samples, cancellationToken).ConfigureAwait(false);
        return new CapacityReport(taken, [.. rows.OrderBy(row => row.FreePercent).ThenBy(row => row.Name, StringComparer.Ordinal)]);
    }

    /// <summary>vCenter's figures are cached for minutes: asked to refresh, it tells the present ones. An inaccessible datastore keeps its last.</summary>
    static async Task<Datastore> RefreshAsync(OpenedVcenter vcenter, Datastore known, CancellationToken cancellationToken)
    {
        if (!known.Accessible)
        {
            return known;
        }

        await vcenter.Connection.Datastores.RefreshAsync(known.Id, cancellationToken).ConfigureAwait(false);
        return await vcenter.Connection.Datastores.ReadAsync(known.Id, cancellationToken).ConfigureAwait(false);
    }

    DatastoreCapacity Row(string vcenter, Datastore datastore, Inventory inventory)
    {
        var vms = inventory.VirtualMachines.Where(vm => vm.DatastoreIds.Contains(datastore.Id)).ToArray();
        var snapshots = vms.SelectMany(vm => vm.Snapshots).ToArray();
        return new DatastoreCapacity
        {
            Vcenter = vcenter,
            Name = datastore.Name,
            Id = datastore.Id.ToString(),
            Type = datastore.TypeName,
            CapacityBytes = datastore.CapacityBytes,
            FreeBytes = datastore.FreeBytes,
            Level = CapacityLevels.Of(datastore.FreeBytes, datastore.CapacityBytes, session.Settings.Guard),
            Forecast = FillForecaster.Forecast([], datastore.CapacityBytes, datastore.FreeBytes, session.Time.GetUtcNow()),
            UncommittedBytes = datastore.UncommittedBytes,
            SwapBytes = 0,
            SnapshotBytes = snapshots.Sum(snapshot => snapshot.SizeBytes ?? 0),
            Accessible = datastore.Accessible,
            VirtualMachines = vms.Length,
            Snapshots = snapshots.Length,
            OldestSnapshot = snapshots.Length == 0 ? null : snapshots.Min(snapshot => snapshot.Created),
            BelowFloor = datastore.FreeBytes < session.Settings.Guard.FloorOf(datastore.CapacityBytes),
        };
    }

    static CapacitySample Sample(DateTimeOffset taken, DatastoreCapacity row) => new()
    {
        TakenAt = taken,
        CapacityBytes = row.CapacityBytes,
        FreeBytes = row.FreeBytes,
        UncommittedBytes = row.UncommittedBytes,
        ProvisionedBytes = row.ProvisionedBytes,
        SnapshotCount = row.Snapshots,
        OldestSnapshotAt = row.OldestSnapshot,
        VmCount = row.VirtualMachines,
    };
}
