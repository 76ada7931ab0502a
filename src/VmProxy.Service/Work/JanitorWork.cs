using VmProxy.Engine.Care;
using VmProxy.Service.Configuration;
using VmProxy.Service.Notifications;
using VmProxy.Service.Scheduling;

namespace VmProxy.Service.Work;

/// <summary>Looks for what runs that died left in vCenter, at start and every hour. What it cannot put right is told once.</summary>
sealed class JanitorWork(CurrentConfiguration current, NoticeStates states, Notifier notifier, TimeProvider time) : IServiceWork
{
    public string Kind => WorkKey.Janitor.Kind;

    public async Task RunAsync(WorkKey key, CancellationToken cancellationToken)
    {
        var session = current.OpenSession();
        await using (session.ConfigureAwait(false))
        {
            var report = await new Janitor(session).RunAsync(SweepOccasion.Schedule, cancellationToken).ConfigureAwait(false);
            var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
            var levels = report.Errors.Select(failure => (Failure: failure, Level: 2)).Concat(report.Findings.Select(failure => (Failure: failure, Level: 1)))
                .GroupBy(found => $"{found.Failure.Object} {found.Failure.Code}")
                .ToDictionary(found => found.Key, found => new Standing(found.Max(one => one.Level)));
            var changes = await states.UpdateAsync(catalog, NoticeStates.Janitor, levels, _ => false, cancellationToken).ConfigureAwait(false);
            if (changes.Any(change => change.Change != Catalog.StandingChange.Ended) || (changes.Count > 0 && levels.Count == 0))
            {
                await notifier.TellAsync(ServiceNotices.Janitor(report, ended: levels.Count == 0, time.GetUtcNow())).ConfigureAwait(false);
            }
        }
    }
}
