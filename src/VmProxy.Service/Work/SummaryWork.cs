using VmProxy.Catalog;
using VmProxy.Service.Configuration;
using VmProxy.Service.Metrics;
using VmProxy.Service.Notifications;
using VmProxy.Service.Scheduling;

namespace VmProxy.Service.Work;

/// <summary>Once a day: what came of the night, which VMs have no recent backup, and which no job covers.</summary>
sealed class SummaryWork(CurrentConfiguration current, NoticeStates states, Notifier notifier, ServiceMetrics metrics, TimeProvider time) : IServiceWork
{
    static readonly TimeSpan FirstSpan = TimeSpan.FromDays(1);

    /// <summary>A run may go on for long; what it did since the last summary belongs to this one.</summary>
    static readonly TimeSpan LongestRun = TimeSpan.FromDays(3);

    public string Kind => WorkKey.Summary.Kind;

    public async Task RunAsync(WorkKey key, CancellationToken cancellationToken)
    {
        var session = current.OpenSession();
        await using (session.ConfigureAwait(false))
        {
            var now = time.GetUtcNow();
            var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
            var since = (await catalog.ServiceTasks.FindAsync(key.ToString(), cancellationToken).ConfigureAwait(false))?.BeganAt ?? now - FirstSpan;

            var backups = await Backups.ReadAsync(session, cancellationToken).ConfigureAwait(false);
            metrics.Points([.. backups.Vms.Select(vm => (vm.Vm.Vcenter, vm.Vm.Name, vm.NewestGood))], backups.Uncovered.Count, backups.Missing.Count, backups.Away.Keys.ToHashSet());
            var changes = await states.UpdateAsync(
                catalog, NoticeStates.Missing, backups.Missing.DistinctBy(MissingNotices.NameOf).ToDictionary(MissingNotices.NameOf, _ => new Standing(1)),
                subject => backups.Away.Keys.Any(vcenter => MissingNotices.IsOf(vcenter, subject)), cancellationToken).ConfigureAwait(false);
            if (MissingNotices.Of(backups, changes, now) is { } missing)
            {
                await notifier.TellAsync(missing).ConfigureAwait(false);
            }

            var runs = (await catalog.Runs.ListAsync(new RunFilter { Kind = RunKind.Backup, Since = since - LongestRun }, cancellationToken).ConfigureAwait(false))
                .Where(run => (run.EndedAt ?? now) >= since).ToArray();
            var results = await ResultsAsync(catalog, runs, cancellationToken).ConfigureAwait(false);
            // A run that failed before it came to any VM.
            var withoutVm = runs.Where(run => results.All(result => result.Vm.RunId != run.Id)).ToArray();
            var datastores = await catalog.StandingNotices.ListAsync(NoticeStates.Capacity, cancellationToken).ConfigureAwait(false);
            await notifier.TellAsync(SummaryNotice.Of(runs, withoutVm, Last(results, since), backups, datastores, since, now)).ConfigureAwait(false);
            // Only now: the next summary begins where this one ends, and one that failed leaves its night to the next.
            await catalog.ServiceTasks.BeginAsync(key.ToString(), cancellationToken).ConfigureAwait(false);
            await catalog.ServiceTasks.EndAsync(key.ToString(), cancellationToken).ConfigureAwait(false);
        }
    }

    static async Task<IReadOnlyList<SummaryNotice.Result>> ResultsAsync(CatalogDatabase catalog, IReadOnlyList<RunRecord> runs, CancellationToken cancellationToken)
    {
        List<SummaryNotice.Result> results = [];
        foreach (var run in runs.OrderBy(run => run.StartedAt).ThenBy(run => run.Id, StringComparer.Ordinal))
        {
            results.AddRange((await catalog.Runs.ListVmsAsync(run.Id, cancellationToken).ConfigureAwait(false)).Select(vm => new SummaryNotice.Result(run.Start.Job ?? "", vm)));
        }

        return results;
    }

    /// <summary>Of each VM in each job the last result since then: an attempt that was made good is no failure.</summary>
    static IReadOnlyList<SummaryNotice.Result> Last(IReadOnlyList<SummaryNotice.Result> results, DateTimeOffset since) =>
        [.. results.Where(result => result.Vm.EndedAt >= since).GroupBy(result => (result.Job, result.Vm.Vm)).Select(vm => vm.Last())
            .OrderBy(result => result.Job, StringComparer.Ordinal).ThenBy(result => result.Vm.VmName, StringComparer.Ordinal)];
}
