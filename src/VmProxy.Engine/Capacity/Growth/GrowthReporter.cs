using VmProxy.Catalog;
using VmProxy.Engine.Capacity.Forecasting;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Capacity;

/// <summary>Reports how the repositories grow. Counts each of them, and keeps that count.</summary>
/// <param name="session">What it works with.</param>
public sealed class GrowthReporter(ProxySession session)
{
    const int HistoryDays = 365;

    /// <summary>Counts, records and reports.</summary>
    /// <exception cref="CatalogException">The catalog cannot be read or written.</exception>
    public async Task<GrowthReport> RunAsync(CancellationToken cancellationToken)
    {
        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        List<RepositoryGrowth> rows = [];
        List<Failure> warnings = [];
        foreach (var settings in session.Settings.Repositories)
        {
            try
            {
                var opened = await session.RepositoryAsync(settings, cancellationToken).ConfigureAwait(false);
                await new RepositorySampler(session).CountAsync(opened, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not CatalogException && Expected.Failure(exception, settings.Name, "count what the repository holds") is { } failure)
            {
                warnings.Add(failure);
            }

            var samples = await catalog.RepositorySamples.ListAsync(settings.Name, session.Time.GetUtcNow().AddDays(-HistoryDays), cancellationToken).ConfigureAwait(false);
            rows.Add(Row(settings, samples));
        }

        return new GrowthReport(session.Time.GetUtcNow(), rows) { Warnings = warnings };
    }

    RepositoryGrowth Row(RepositorySettings settings, IReadOnlyList<RepositorySample> samples)
    {
        var counted = samples.LastOrDefault(sample => sample.DataBytes is not null);
        var disk = samples.LastOrDefault(sample => sample.DiskCapacityBytes is not null);
        var (capacity, free) = (disk?.DiskCapacityBytes ?? 0, disk?.DiskFreeBytes ?? 0);
        DayOfCapacity[] days =
        [
            .. samples.Where(sample => sample.DiskCapacityBytes is not null && sample.DiskFreeBytes is not null)
                .GroupBy(sample => DayOf(sample.TakenAt))
                .Select(day => day.MinBy(sample => sample.DiskFreeBytes)!)
                .Select(low => new DayOfCapacity(DayOf(low.TakenAt), low.DiskCapacityBytes!.Value, low.DiskFreeBytes!.Value)),
        ];
        return new RepositoryGrowth
        {
            Name = settings.Name,
            Location = settings.Path,
            Counted = counted?.TakenAt,
            Points = counted?.Points,
            ProtectedBytes = counted?.ProtectedBytes,
            StoredBytes = counted?.DataBytes + counted?.MetadataBytes,
            MetadataBytes = counted?.MetadataBytes,
            DiskCapacityBytes = disk?.DiskCapacityBytes,
            DiskFreeBytes = disk?.DiskFreeBytes,
            Level = CapacityLevels.Of(free, capacity, session.Settings.Guard),
            Forecast = FillForecaster.Forecast(days, capacity, free, session.Time.GetUtcNow()),
            DiskHistory = days,
            History =
            [
                .. samples.Where(sample => sample.DataBytes is not null).GroupBy(sample => DayOf(sample.TakenAt)).Select(day => day.Last())
                    .Select(last => new DayOfRepository(DayOf(last.TakenAt), last.Points ?? 0, last.ProtectedBytes ?? 0, last.DataBytes!.Value + (last.MetadataBytes ?? 0))),
            ],
        };
    }

    static DateOnly DayOf(DateTimeOffset time) => DateOnly.FromDateTime(time.UtcDateTime);
}
