using VmProxy.Catalog;
using VmProxy.Engine.Capacity;
using VmProxy.Service.Configuration;
using VmProxy.Service.Metrics;
using VmProxy.Service.Notifications;
using VmProxy.Service.Scheduling;

namespace VmProxy.Service.Work;

/// <summary>Samples the room of every datastore, and tells when a threshold is passed or the end is near: when it begins, gets worse, and ends.</summary>
sealed class CapacityWork(CurrentConfiguration current, NoticeStates states, Notifier notifier, ServiceMetrics metrics, TimeProvider time) : IServiceWork
{
    public string Kind => WorkKey.Capacity.Kind;

    public async Task RunAsync(WorkKey key, CancellationToken cancellationToken)
    {
        var session = current.OpenSession();
        await using (session.ConfigureAwait(false))
        {
            var report = await new CapacitySampler(session).SampleAsync(cancellationToken).ConfigureAwait(false);
            var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
            metrics.Capacity(RowsOf(report).Values, report.Vcenters);
            var now = time.GetUtcNow();
            var within = session.Settings.Notifications.ForecastWithin;
            await TellAsync(
                catalog, NoticeStates.Capacity, report, row => CapacityNotices.LevelOf(row, session.Settings.Guard), CapacityNotices.Level, cancellationToken).ConfigureAwait(false);
            await TellAsync(
                catalog, NoticeStates.Forecast, report, row => CapacityNotices.SoonFull(row, now, within), CapacityNotices.Forecast, cancellationToken).ConfigureAwait(false);
        }
    }

    async Task TellAsync(
        CatalogDatabase catalog, string kind, CapacityReport report, Func<DatastoreCapacity, Standing> level,
        Func<DatastoreCapacity, StandingChange, DateTimeOffset, Notice> notice, CancellationToken cancellationToken)
    {
        var rows = RowsOf(report);
        var levels = rows.ToDictionary(row => row.Key, row => level(row.Value));
        foreach (var (subject, change) in await states.UpdateAsync(catalog, kind, levels, IsUnknown, cancellationToken).ConfigureAwait(false))
        {
            // Of a datastore that is gone there is nothing to tell.
            if (rows.TryGetValue(subject, out var row))
            {
                await notifier.TellAsync(notice(row, change, time.GetUtcNow())).ConfigureAwait(false);
            }
        }

        // Neither a vCenter that is away nor a datastore that no host reaches says that there is room again.
        bool IsUnknown(string subject) => rows.TryGetValue(subject, out var row) ? !row.Accessible : !report.Vcenters.Any(vcenter => CapacityNotices.IsOf(vcenter, subject));
    }

    static Dictionary<string, DatastoreCapacity> RowsOf(CapacityReport report) => report.Datastores.DistinctBy(CapacityNotices.NameOf).ToDictionary(CapacityNotices.NameOf);
}
