using VmProxy.Catalog;
using VmProxy.Engine.Capacity.Forecasting;
using VmProxy.Engine.Configuration;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Capacity;

/// <summary>The rows of a report for one vCenter: what was read now, with what the catalog remembers.</summary>
sealed class CapacityRows(GuardSettings guard, VcenterCapacity reading, DateTimeOffset taken)
{
    const int HistoryDays = 365;
    const int GrowthDays = 30;
    const int MostListed = 20;

    public async Task<IReadOnlyList<DatastoreCapacity>> BuildAsync(CatalogDatabase catalog, CancellationToken cancellationToken)
    {
        var history = await catalog.Capacity.DayLowsAsync(reading.Uuid, taken.AddDays(-HistoryDays), cancellationToken).ConfigureAwait(false);
        var then = (await catalog.VmSpaces.FirstSinceAsync(reading.Uuid, Today.AddDays(-GrowthDays), cancellationToken).ConfigureAwait(false))
            .ToLookup(space => space.Datastore, StringComparer.Ordinal);
        var surveys = (await catalog.FileSurveys.ListAsync(reading.Uuid, cancellationToken).ConfigureAwait(false))
            .ToDictionary(survey => survey.Datastore, StringComparer.Ordinal);
        return
        [
            .. reading.Datastores.Select(datastore =>
            {
                var id = datastore.Id.ToString();
                return Row(datastore, history.GetValueOrDefault(id, []), new DatastoreConsumers
                {
                    Growth = Growth(datastore, [.. then[id]]),
                    Snapshots = Snapshots(datastore),
                    DeltasWithoutSnapshot = Deltas(datastore),
                    Files = surveys.TryGetValue(id, out var survey) ? Survey(survey) : null,
                });
            }),
        ];
    }

    DateOnly Today => DateOnly.FromDateTime(taken.UtcDateTime);

    DatastoreCapacity Row(Datastore datastore, IReadOnlyList<DayLow> lows, DatastoreConsumers consumers)
    {
        DayOfCapacity[] history = [.. lows.Select(low => new DayOfCapacity(low.Day, low.CapacityBytes, low.FreeBytes))];
        var snapshots = reading.VmsOn(datastore).SelectMany(vm => vm.Snapshots).ToArray();
        return new DatastoreCapacity
        {
            Vcenter = reading.Vcenter.Name,
            Name = datastore.Name,
            Id = datastore.Id.ToString(),
            Type = datastore.TypeName,
            CapacityBytes = datastore.CapacityBytes,
            FreeBytes = datastore.FreeBytes,
            Level = CapacityLevels.Of(datastore.FreeBytes, datastore.CapacityBytes, guard),
            Forecast = FillForecaster.Forecast(history, datastore.CapacityBytes, datastore.FreeBytes, taken),
            UncommittedBytes = datastore.UncommittedBytes,
            SwapBytes = reading.StorageOn(datastore).Sum(one => one.Storage.SwapBytes),
            Accessible = datastore.Accessible,
            VirtualMachines = reading.VmsOn(datastore).Count(),
            Snapshots = snapshots.Length,
            SnapshotBytes = reading.StorageOn(datastore).Sum(one => one.Storage.SnapshotBytes),
            OldestSnapshot = snapshots.Length == 0 ? null : snapshots.Min(snapshot => snapshot.Created),
            BelowFloor = datastore.FreeBytes < guard.FloorOf(datastore.CapacityBytes),
            Consumers = consumers,
            History = history,
        };
    }

    /// <summary>Compared with the first look of the last weeks; without an earlier day nothing can be said.</summary>
    IReadOnlyList<VmGrowth> Growth(Datastore datastore, IReadOnlyList<VmSpaceThen> then)
    {
        if (then.Count == 0 || then[0].Day >= Today)
        {
            return [];
        }

        var earlier = then.ToDictionary(space => space.VmMoRef, space => space.Bytes, StringComparer.Ordinal);
        return
        [
            .. reading.StorageOn(datastore)
                .Select(one => new VmGrowth(
                    one.Vm.Name, one.Storage.Bytes, one.Storage.Bytes - earlier.GetValueOrDefault(one.Vm.Id.ToString()), then[0].Day))
                .Where(growth => growth.GrownBytes > 0)
                .OrderByDescending(growth => growth.GrownBytes).ThenBy(growth => growth.VirtualMachine, StringComparer.Ordinal)
                .Take(MostListed),
        ];
    }

    IReadOnlyList<SnapshotOnDatastore> Snapshots(Datastore datastore) =>
    [
        .. reading.VmsOn(datastore)
            .SelectMany(vm => vm.Snapshots.Select(snapshot => new SnapshotOnDatastore(vm.Name, snapshot.Name, snapshot.Created, snapshot.SizeBytes)))
            .OrderByDescending(snapshot => snapshot.Bytes ?? 0).ThenBy(snapshot => snapshot.Created)
            .Take(MostListed),
    ];

    IReadOnlyList<DeltaWithoutSnapshot> Deltas(Datastore datastore) =>
    [
        .. from vm in reading.VmsOn(datastore)
           where vm.Snapshots.Count == 0
           from delta in vm.DeltaChains
           where DatastorePath.TryParse(delta.File, out var file) && file.Datastore == datastore.Name && (vm.ConsolidationNeeded || !IsLinkedClone(delta))
           orderby delta.Bytes descending
           select new DeltaWithoutSnapshot(vm.Name, delta.File, delta.Bytes, vm.ConsolidationNeeded),
    ];

    /// <summary>A linked clone runs on a delta for good: its base is another VM's, in that one's folder.</summary>
    static bool IsLinkedClone(DeltaChain delta) => FolderOf(delta.File) != FolderOf(delta.Base);

    static string FolderOf(string file) => file[..(file.LastIndexOf('/') + 1)];

    static FileSurvey Survey(FileSurveyRecord survey) => new()
    {
        Taken = survey.TakenAt,
        LeftOut = survey.LeftOut,
        Unreferenced = [.. survey.Files.Select(file => new UnreferencedFile(file.Path, file.Bytes, file.ModifiedAt))],
    };
}
