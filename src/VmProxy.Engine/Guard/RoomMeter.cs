using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Guard;

/// <summary>What a VM's backup needs, at every place that it writes to.</summary>
/// <param name="Forecast">What was expected of it.</param>
/// <param name="Needs">What it needs, as measured when the plan was made.</param>
/// <param name="Intent">The same for other runs.</param>
sealed record RoomPlan(Forecast Forecast, IReadOnlyList<RoomNeed> Needs, SnapshotIntent Intent);

/// <summary>Measures the places that a backup writes to, and sets against them what it is expected to take.</summary>
sealed class RoomMeter(GuardScope scope)
{
    readonly Forecaster _forecaster = new(scope.History, scope.Catalog.Runs, scope.Guard);

    /// <summary>Looks at the VM as it is now: it may have moved since the inventory was read.</summary>
    public async Task<RoomPlan> PlanAsync(VirtualMachine vm, CancellationToken cancellationToken)
    {
        var fresh = await scope.Vcenter.Connection.VirtualMachines.ReadAsync(vm.Id, cancellationToken).ConfigureAwait(false);
        var key = new VmKey(scope.Vcenter.Connection.InstanceUuid, vm.InstanceUuid ?? "");
        var forecast = await _forecaster
            .ForecastAsync(fresh, key, scope.Level, await CommittedAsync(vm, cancellationToken).ConfigureAwait(false), scope.Time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        return await PlanAsync(fresh, forecast, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What the VM's files take; null when the server cannot tell, and then its disks are held to be full.</summary>
    async Task<long?> CommittedAsync(VirtualMachine vm, CancellationToken cancellationToken)
    {
        try
        {
            return (await scope.Vcenter.Connection.Datastores.MeasureAsync(vm.Id, null, cancellationToken).ConfigureAwait(false)).CommittedBytes;
        }
        catch (VsphereException exception)
        {
            scope.Log.LogWarning("{Vm}: what its files take is not known: {Reason}", vm.Name, exception.Message);
            return null;
        }
    }

    /// <summary>The same plan, measured anew.</summary>
    public async Task<RoomPlan> PlanAgainAsync(VirtualMachine vm, RoomPlan plan, CancellationToken cancellationToken)
    {
        var fresh = await scope.Vcenter.Connection.VirtualMachines.ReadAsync(vm.Id, cancellationToken).ConfigureAwait(false);
        return await PlanAsync(fresh, plan.Forecast, cancellationToken).ConfigureAwait(false);
    }

    async Task<RoomPlan> PlanAsync(VirtualMachine fresh, Forecast forecast, CancellationToken cancellationToken)
    {
        var needs = await MeasureAsync(fresh, forecast, cancellationToken).ConfigureAwait(false);
        return new RoomPlan(
            forecast, needs, new SnapshotIntent(fresh.HostId?.ToString(), [.. needs.Select(need => new IntendedRoom(need.Place, need.Bytes, need.MergeBytes))]));
    }

    async Task<IReadOnlyList<RoomNeed>> MeasureAsync(VirtualMachine vm, Forecast forecast, CancellationToken cancellationToken)
    {
        var needs = new List<RoomNeed>();
        foreach (var place in DeltaPlaces.Of(vm, scope.Inventory))
        {
            var datastore = await scope.Vcenter.Connection.Datastores.ReadFreshAsync(place.Datastore.Id, cancellationToken).ConfigureAwait(false);
            needs.Add(Need(place with { Datastore = datastore }, forecast));
        }

        if (scope.Repository is { } target && scope.Parts.Folders(target.Settings.Path) is { } repository)
        {
            needs.Add(new RoomNeed(
                $"repository/{target.Repository.Id}", $"repository {target.Settings.Name}", GuardCodes.RepositoryFull,
                repository.CapacityBytes, repository.FreeBytes, scope.Guard.RepositoryFree.Bytes, forecast.StoredBytes, 0,
                $"{Sizes.Text(forecast.StoredBytes)} for the new point ({forecast.StoredSource})",
                "Make room: delete points and prune ('vmproxy repo prune'), or enlarge the disk; VmProxy:Guard:RepositoryFree is what must stay free."));
        }

        if (scope.Parts.Folders(scope.StateFolder) is { } state)
        {
            needs.Add(new RoomNeed(
                "state", $"state folder {scope.StateFolder}", GuardCodes.StateFull, state.CapacityBytes, state.FreeBytes, scope.Guard.StateFree.Bytes, 0, 0,
                "so that the catalog can be written", "Make room on its disk, or lower VmProxy:Guard:StateFree."));
        }

        return needs;
    }

    RoomNeed Need(DeltaPlace place, Forecast forecast)
    {
        var delta = place.Disks.Sum(forecast.DeltaBytes);
        var merge = place.Disks.Sum(forecast.MergeBytes);
        var rate = forecast.KnowsRates(place.Disks)
            ? "at the highest rate that its points show"
            : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"at {forecast.DefaultPercentPerHour} % of a disk an hour, for want of a history");
        return new RoomNeed(
            scope.PlaceOf(place.Datastore.Id), $"datastore {place.Datastore.Name}", ReasonCodes.NoRoom, place.Datastore.CapacityBytes, place.Datastore.FreeBytes,
            scope.Guard.FloorOf(place.Datastore.CapacityBytes), delta, merge,
            $"{Sizes.Text(delta)} that the guest may write in {Sizes.Text(forecast.Duration)} ({rate}; {forecast.DurationSource}), {Sizes.Text(merge)} for merging that back",
            "Free space on the datastore, or lower VmProxy:Guard:FreeSpacePercent and FreeSpace.");
    }
}
