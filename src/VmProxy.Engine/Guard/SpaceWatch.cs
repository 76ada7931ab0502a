using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using VmProxy.Engine.Failures;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Guard;

/// <summary>
/// Looks at free space as long as snapshots of ours exist. A delta is freed only after it was merged, so the moment to remove a snapshot is while what
/// merging needs is still there; after it, every further byte that the guest writes is lost time. That is when the backups are given up. What is being
/// removed counts until it is merged.
/// </summary>
sealed class SpaceWatch : IAsyncDisposable
{
    /// <summary>What passes between giving up and the merge: reads that are under way, and the detaching of disks.</summary>
    static readonly TimeSpan Leaving = TimeSpan.FromSeconds(30);

    readonly GuardScope _scope;
    readonly TimedQuestion _question;
    readonly CancellationTokenSource _ending = new();
    readonly ConcurrentDictionary<WatchedSnapshot, byte> _watched = new();
    readonly ConcurrentDictionary<ObjectId, FreeSpaceTrend> _trends = new();
    readonly long _started;
    readonly Task _loop;

    public SpaceWatch(GuardScope scope)
    {
        _scope = scope;
        _question = new TimedQuestion(scope.Guard.WatchInterval, scope.Time, WatchedSnapshot.Step);
        _started = scope.Time.GetTimestamp();
        _loop = LoopAsync();
    }

    VcenterConnection Connection => _scope.Vcenter.Connection;

    /// <summary>Watches a snapshot until the result is disposed.</summary>
    public WatchedSnapshot Watch(VirtualMachine vm, ObjectId snapshot, long entry, RoomPlan? plan, CancellationToken cancellationToken)
    {
        var planned = DeltaPlaces.Of(vm, _scope.Inventory).ToDictionary(
            place => place.Datastore.Id, place => plan?.Intent.At(_scope.PlaceOf(place.Datastore.Id))?.MergeBytes ?? 0);
        var watched = new WatchedSnapshot(vm, snapshot, entry, planned, _scope.Time.GetUtcNow(), one => _watched.TryRemove(one, out _), cancellationToken);
        _watched.TryAdd(watched, 0);
        return watched;
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _ending.Dispose();
    }

    async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(_scope.Guard.WatchInterval, _scope.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ending.Token).ConfigureAwait(false))
            {
                await LookAsync(_ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The run has ended.
        }
    }

    async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (var old in _watched.Keys.Where(one => one.IsRead && _scope.Time.GetUtcNow() - one.Made >= _scope.Guard.SnapshotMaxAge))
        {
            await GiveUpAsync(old, TooOld(old)).ConfigureAwait(false);
        }

        WatchedSnapshot[] watched = [.. _watched.Keys];
        await Task.WhenAll(watched.Where(one => one.IsRead).Select(one => MeasureAsync(one, cancellationToken))).ConfigureAwait(false);
        var looks = watched.Where(one => one.IsRead).SelectMany(one => one.Merge.Keys).Distinct()
            .Select(datastore => LookAsync(datastore, [.. watched.Where(one => one.Merge.ContainsKey(datastore))], cancellationToken));
        await Task.WhenAll(looks).ConfigureAwait(false);
    }

    async Task LookAsync(ObjectId id, IReadOnlyList<WatchedSnapshot> there, CancellationToken cancellationToken)
    {
        Datastore datastore;
        long others;
        try
        {
            datastore = await _question.AskAsync(id.ToString(), token => Connection.Datastores.ReadFreshAsync(id, token), cancellationToken).ConfigureAwait(false);
            var journal = await _scope.Catalog.Journal.ListOpenAsync(cancellationToken).ConfigureAwait(false);
            others = new OpenSnapshots(journal, Connection.InstanceUuid, _scope.Time.GetUtcNow(), _scope.Processes)
                .MergeBytesOfOthers(_scope.PlaceOf(id), _scope.RunId);
        }
        catch (Exception exception) when (Expected.Failure(exception, id.ToString(), WatchedSnapshot.Step) is { } failure)
        {
            NoteBlind(there, failure);
            return;
        }

        var trend = _trends.GetOrAdd(id, _ => new FreeSpaceTrend());
        trend.Note(_scope.Time.GetElapsedTime(_started), datastore.FreeBytes);
        var merge = there.Sum(one => one.Merge[id]) + others;
        // The next look may come a whole interval from now and take one more to be answered.
        var ahead = (2 * _scope.Guard.WatchInterval) + Leaving + TimeSpan.FromSeconds(merge / Forecast.AssumedRate);
        var expected = trend.ExpectedBytes(ahead);
        var reserve = _scope.Guard.FloorOf(datastore.CapacityBytes) / 2;
        if (datastore.FreeBytes - merge - expected < reserve)
        {
            foreach (var one in there.Where(one => one.IsRead))
            {
                await GiveUpAsync(one, Filling(one, datastore, merge, expected, ahead, reserve)).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Learns what merging the snapshot takes on each datastore. When nobody can tell, what was known before holds.</summary>
    async Task MeasureAsync(WatchedSnapshot one, CancellationToken cancellationToken)
    {
        try
        {
            var space = await _question.AskAsync(
                one.Vm.Name, token => Connection.Datastores.MeasureAsync(one.Vm.Id, one.Snapshot, token), cancellationToken).ConfigureAwait(false);
            var needs = new Dictionary<ObjectId, long>();
            foreach (var delta in space.Deltas)
            {
                if (DeltaPlaces.Find(delta.File, one.Vm, _scope.Inventory) is { } datastore)
                {
                    var grows = one.Vm.Disks.FirstOrDefault(disk => disk.Key == delta.DiskKey) is not { } disk || Forecast.Grows(disk);
                    needs[datastore.Id] = needs.GetValueOrDefault(datastore.Id) + (grows ? delta.Bytes : 0);
                }
            }

            if (needs.Count > 0)
            {
                one.Merge = needs;
                await TellOthersAsync(one, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (Expected.Failure(exception, one.Vm.Name, WatchedSnapshot.Step) is { } failure)
        {
            NoteBlind([one], failure);
        }
    }

    /// <summary>A guest may write far more than was reckoned, and other runs watch over the same datastores.</summary>
    async Task TellOthersAsync(WatchedSnapshot one, CancellationToken cancellationToken)
    {
        var open = await _scope.Catalog.Journal.ListOpenAsync(cancellationToken).ConfigureAwait(false);
        if (open.FirstOrDefault(record => record.Id == one.Entry) is { } record)
        {
            var before = SnapshotIntent.Of(record);
            var now = before.Measured(one.Merge.ToDictionary(need => _scope.PlaceOf(need.Key), need => need.Value));
            if (now.Room.Any(room => room.MergeBytes > (before.At(room.Place)?.MergeBytes ?? 0)))
            {
                await _scope.Catalog.Journal.UpdateIntentAsync(one.Entry, now.ToJson(), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    void NoteBlind(IEnumerable<WatchedSnapshot> there, Failure failure)
    {
        foreach (var one in there)
        {
            _scope.Log.LogWarning("{Vm}: free space cannot be watched: {Failure}", one.Vm.Name, failure);
            one.NoteBlind(_scope.Time.GetUtcNow(), failure.Message);
        }
    }

    async Task GiveUpAsync(WatchedSnapshot one, Failure why)
    {
        _scope.Log.LogError("{Failure}", why);
        await one.GiveUpAsync(why).ConfigureAwait(false);
        await _scope.Parts.Checkpoints.ReachedAsync("guard.givenup").ConfigureAwait(false);
    }

    static Failure Filling(WatchedSnapshot one, Datastore datastore, long merge, long expected, TimeSpan ahead, long reserve) => new(
        GuardCodes.Filling, $"{one.Vm.Name} / datastore {datastore.Name}", WatchedSnapshot.Step,
        $"The backup was given up and its snapshot removed while that was safe: {Sizes.Text(datastore.FreeBytes)} of {Sizes.Text(datastore.CapacityBytes)} were free, merging snapshots "
        + $"back takes {Sizes.Text(merge)}, and {Sizes.Text(expected)} may be written in the next {Sizes.Text(ahead)}; {Sizes.Text(reserve)} must remain.",
        "Free space on the datastore, or back this VM up when it writes less. Earlier points are as they were.");

    Failure TooOld(WatchedSnapshot one) => new(
        GuardCodes.SnapshotTooOld, one.Vm.Name, "watch the snapshot's age",
        $"The backup was given up and its snapshot removed: it was {Sizes.Text(_scope.Time.GetUtcNow() - one.Made)} old, and {Sizes.Text(_scope.Guard.SnapshotMaxAge)} are allowed.",
        "Find out what made it slow, or raise VmProxy:Guard:SnapshotMaxAge. Earlier points are as they were.");
}
