using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.Repository;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Guard;

/// <summary>Expects of a VM what its earlier backups showed: change rates from its points, duration and growth of the repository from its runs.</summary>
sealed class Forecaster(PointHistory history, RunStore runs, GuardSettings guard)
{
    const int RecentPoints = 15;
    const int RecentRuns = 15;

    /// <summary>Shorter spans say nothing about an hour.</summary>
    static readonly TimeSpan ShortestSpan = TimeSpan.FromMinutes(1);

    /// <summary>No snapshot is expected to go sooner: quiescing, attaching and waiting for disk slots take their time.</summary>
    static readonly TimeSpan ShortestDuration = TimeSpan.FromMinutes(15);

    /// <summary>What a backup of the VM will take.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="key">Its identity.</param>
    /// <param name="level">The level that is asked for.</param>
    /// <param name="committedBytes">What its files take; null when that is not known.</param>
    /// <param name="now">The present time.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<Forecast> ForecastAsync(
        VirtualMachine vm, VmKey key, BackupLevel level, long? committedBytes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var points = history.Of(key);
        var results = (await runs.ListHistoryAsync(key, RecentRuns, cancellationToken).ConfigureAwait(false)).Where(result => result.PointId is not null).ToArray();
        var isFull = level == BackupLevel.Full || history.BaseOf(key, level) is null;
        var capacity = vm.Disks.Sum(disk => disk.CapacityBytes);
        var most = Math.Min(capacity, committedBytes is > 0 and { } committed ? committed : capacity);
        var rates = Rates(points, results);
        // Without change tracking nobody knows what is allocated: then all of a disk is read.
        var (duration, durationSource) = Duration(results, points, isFull, vm.ChangeTrackingEnabled ? most : capacity);
        var (stored, storedSource) = Stored(vm, results, points, isFull, most, rates, now);
        return new Forecast(isFull, duration, durationSource, stored, storedSource)
        {
            BytesPerHour = rates,
            DefaultPercentPerHour = guard.ChangePercentPerHour,
        };
    }

    /// <summary>
    /// The highest rate of each disk. A point that was pruned since would make the span before the next one look longer, and the rate lower: the
    /// run that made it still tells when it was.
    /// </summary>
    internal static IReadOnlyDictionary<int, double> Rates(IReadOnlyList<RestorePoint> points, IReadOnlyList<RunVmResult> results)
    {
        var kept = points.Select(point => point.Id).ToHashSet(StringComparer.Ordinal);
        DateTimeOffset[] times = [.. points.Select(point => point.Time), .. results.Where(result => !kept.Contains(result.PointId!)).Select(result => result.StartedAt)];
        var rates = new Dictionary<int, double>();
        foreach (var point in points.TakeLast(RecentPoints))
        {
            foreach (var disk in point.Disks.Where(disk => disk.Level != LevelNames.Full))
            {
                var bases = disk.Level == LevelNames.Of(BackupLevel.Differential) ? points.Where(one => one.Level == LevelNames.Full).Select(one => one.Time) : times;
                var since = bases.Where(time => time < point.Time).DefaultIfEmpty(DateTimeOffset.MinValue).Max();
                if (since > DateTimeOffset.MinValue)
                {
                    var span = point.Time - since > ShortestSpan ? point.Time - since : ShortestSpan;
                    rates[disk.Key] = Math.Max(rates.GetValueOrDefault(disk.Key), disk.ChangedBytes / span.TotalHours);
                }
            }
        }

        return rates;
    }

    static (TimeSpan Duration, string Source) Duration(IReadOnlyList<RunVmResult> results, IReadOnlyList<RestorePoint> points, bool isFull, long readBytes)
    {
        // A run's turn may begin with a wait for other snapshots; the point's time is when its own was made.
        var made = points.ToDictionary(point => point.Id, point => point.Time, StringComparer.Ordinal);
        var alike = results.Where(result => (result.Level == LevelNames.Full) == isFull).ToArray();
        if (alike.Length == 0 && !isFull)
        {
            alike = [.. results];
        }

        var longest = alike
            .Select(result => result.EndedAt - (made.TryGetValue(result.PointId!, out var time) && time > result.StartedAt ? time : result.StartedAt))
            .DefaultIfEmpty(TimeSpan.Zero).Max();
        var (duration, source) = alike.Length > 0
            ? (longest, "as its longest recent run")
            : (TimeSpan.FromSeconds((isFull ? readBytes : 0) / Forecast.AssumedRate), $"at {Sizes.Text((long)Forecast.AssumedRate)}/s, for want of a history");
        return duration > ShortestDuration ? (duration, source) : (ShortestDuration, "which is the least that is assumed");
    }

    (long Bytes, string Source) Stored(
        VirtualMachine vm, IReadOnlyList<RunVmResult> results, IReadOnlyList<RestorePoint> points, bool isFull, long most,
        IReadOnlyDictionary<int, double> rates, DateTimeOffset now)
    {
        var alike = results.Where(result => (result.Level == LevelNames.Full) == isFull).ToArray();
        if (alike.Length > 0)
        {
            return (alike.Max(result => result.StoredBytes), isFull ? "as its largest recent full" : "as its largest recent incremental");
        }

        if (isFull)
        {
            return (most, "all that its disks hold, for want of a history");
        }

        var since = now - points[^1].Time;
        var changed = vm.Disks.Sum(disk => Math.Min(
            (rates.TryGetValue(disk.Key, out var rate) ? rate : disk.CapacityBytes * guard.ChangePercentPerHour / 100) * since.TotalHours, disk.CapacityBytes));
        return (Math.Min((long)changed, most), string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"{guard.ChangePercentPerHour} % of its disks an hour, for want of a history"));
    }
}
