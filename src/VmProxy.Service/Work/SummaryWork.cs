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

    public string Kind => WorkKey.Summary.Kind;

    public async Task RunAsync(WorkKey key, CancellationToken cancellationToken)
    {
        var session = current.OpenSession();
        await using (session.ConfigureAwait(false))
        {
            var now = time.GetUtcNow();
            var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
            var since = (await catalog.ServiceTasks.FindAsync(key.ToString(), cancellationToken).ConfigureAwait(false))?.BeganAt ?? now - FirstSpan;
            await catalog.ServiceTasks.BeginAsync(key.ToString(), cancellationToken).ConfigureAwait(false);

            var backups = await Backups.ReadAsync(session, cancellationToken).ConfigureAwait(false);
            metrics.Points([.. backups.Vms.Select(vm => (vm.Vm.Vcenter, vm.Vm.Name, vm.NewestGood))], backups.Uncovered.Count, backups.Missing.Count);
            var changes = await states.UpdateAsync(
                catalog, NoticeStates.Missing, backups.Missing.DistinctBy(MissingNotices.NameOf).ToDictionary(MissingNotices.NameOf, _ => 1), cancellationToken).ConfigureAwait(false);
            if (MissingNotices.Of(backups, changes, now) is { } missing)
            {
                await notifier.TellAsync(missing, cancellationToken).ConfigureAwait(false);
            }

            var runs = await catalog.Runs.ListAsync(new RunFilter { Kind = RunKind.Backup, Since = since }, cancellationToken).ConfigureAwait(false);
            var results = await LastResultsAsync(catalog, runs, cancellationToken).ConfigureAwait(false);
            var datastores = await catalog.StandingNotices.ListAsync(NoticeStates.Capacity, cancellationToken).ConfigureAwait(false);
            await notifier.TellAsync(SummaryNotice.Of(runs, results, backups, datastores, since, now), cancellationToken).ConfigureAwait(false);
            await catalog.ServiceTasks.EndAsync(key.ToString(), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Of each VM in each job the last result: an attempt that was made good is no failure.</summary>
    static async Task<IReadOnlyList<SummaryNotice.Result>> LastResultsAsync(CatalogDatabase catalog, IReadOnlyList<RunRecord> runs, CancellationToken cancellationToken)
    {
        Dictionary<(string, VmKey), SummaryNotice.Result> last = [];
        foreach (var run in runs.OrderBy(run => run.StartedAt).ThenBy(run => run.Id, StringComparer.Ordinal))
        {
            foreach (var vm in await catalog.Runs.ListVmsAsync(run.Id, cancellationToken).ConfigureAwait(false))
            {
                last[(run.Start.Job ?? "", vm.Vm)] = new SummaryNotice.Result(run.Start.Job ?? "", vm);
            }
        }

        return [.. last.Values.OrderBy(result => result.Job, StringComparer.Ordinal).ThenBy(result => result.Vm.VmName, StringComparer.Ordinal)];
    }
}
