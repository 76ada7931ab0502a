using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Engine;
using VmProxy.Service.Configuration;
using VmProxy.Service.Notifications;
using VmProxy.Service.Scheduling;
using VmProxy.Service.Work;

namespace VmProxy.Service;

/// <summary>From the first to the last: opens the schedule, makes up for what was missed, fires, and at the end sees to it that no snapshot stays.</summary>
sealed class ServiceLife(
    CurrentConfiguration current, Schedule schedule, WorkRunner runner, Notifier notifier, ServiceOptions options, ILogger<ServiceLife> log) : IHostedService
{
    // What an ending backup has told should still go out; what does not is in the catalog.
    static readonly TimeSpan LastWords = TimeSpan.FromSeconds(10);

    static readonly TimeSpan Late = TimeSpan.FromMinutes(10);

    readonly TimeProvider _time = options.Time;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Log.Started(log, ProgramVersion.Text, current.Now.File ?? "of the environment");
        if (await ScheduleFile.SetAsideIfDamagedAsync(ScheduleFile.Of(current.Settings.State.Folder), cancellationToken).ConfigureAwait(false) is { } aside)
        {
            Log.ScheduleDamaged(log, aside);
            await notifier.TellAsync(ServiceNotices.ScheduleDamaged(aside, _time.GetUtcNow())).ConfigureAwait(false);
        }

        var missed = await schedule.OpenAsync(current.Settings, cancellationToken).ConfigureAwait(false);
        var interrupted = await InterruptedAsync(cancellationToken).ConfigureAwait(false);
        MissedRun[] all = [.. missed.Concat(interrupted).DistinctBy(run => run.Job, StringComparer.OrdinalIgnoreCase)];
        foreach (var run in all)
        {
            await TellAsync(run).ConfigureAwait(false);
        }

        await schedule.StartAsync(run => MissedAsync(run, all), cancellationToken).ConfigureAwait(false);
        _ = runner.RunAsync(WorkKey.Janitor);
        _ = runner.RunAsync(WorkKey.Capacity);
        foreach (var run in all.Where(run => !run.ComesByItself && MakesUp(run.Job)))
        {
            _ = runner.RunAsync(WorkKey.Backup(run.Job));
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await schedule.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await runner.StopAsync(current.Settings.Service.StopTimeout).ConfigureAwait(false);
        await notifier.StopAsync(LastWords).ConfigureAwait(false);
        await schedule.CloseAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Jobs that had begun when the service ended, in order or not, and those that were fired and had not come to begin.</summary>
    async Task<IReadOnlyList<MissedRun>> InterruptedAsync(CancellationToken cancellationToken)
    {
        try
        {
            var session = current.OpenSession();
            await using (session.ConfigureAwait(false))
            {
                var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
                List<MissedRun> found = [];
                foreach (var task in await catalog.ServiceTasks.ListUnendedAsync(cancellationToken).ConfigureAwait(false))
                {
                    if (WorkKey.Parse(task.Name) is { Kind: WorkKey.BackupKind } key)
                    {
                        found.Add(new MissedRun(key.Subject, task.BeganAt, Interrupted: true));
                        if (!MakesUp(key.Subject))
                        {
                            // One that is made up for is ended by that; until then it is owed, whatever happens now.
                            await catalog.ServiceTasks.EndAsync(task.Name, cancellationToken).ConfigureAwait(false);
                        }
                    }
                }

                foreach (var (work, _, last) in (await schedule.ListAsync(cancellationToken).ConfigureAwait(false)).Where(entry => entry.Work.Kind == WorkKey.BackupKind))
                {
                    var task = await catalog.ServiceTasks.FindAsync(work.ToString(), cancellationToken).ConfigureAwait(false);
                    if (last is { } fired && task is not null && task.BeganAt < fired && !found.Any(run => run.Job == work.Subject))
                    {
                        found.Add(new MissedRun(work.Subject, fired, Interrupted: true));
                    }
                }

                return found;
            }
        }
        catch (CatalogException exception)
        {
            // Every job will tell the same; not to start would tell nobody.
            Log.NotNoted(log, exception.Message);
            await notifier.TellAsync(ServiceNotices.CatalogAtStart(exception, _time.GetUtcNow())).ConfigureAwait(false);
            return [];
        }
    }

    /// <summary>What was told at the start is not told again, nor what is a little late and comes all the same.</summary>
    Task MissedAsync(MissedRun run, IEnumerable<MissedRun> told) =>
        told.Any(other => (other.Job, other.Due) == (run.Job, run.Due)) || (MakesUp(run.Job) && _time.GetUtcNow() - run.Due < Late) ? Task.CompletedTask : TellAsync(run);

    async Task TellAsync(MissedRun run)
    {
        var now = MakesUp(run.Job);
        Log.JobMissed(log, run.Job, run.Due, now ? "; it is made up for now" : "");
        await notifier.TellAsync(ServiceNotices.Missed(run, now, _time.GetUtcNow())).ConfigureAwait(false);
    }

    bool MakesUp(string job) => current.Settings.Jobs.FirstOrDefault(one => one.Name.Equals(job, StringComparison.OrdinalIgnoreCase))?.Schedule is { RunMissed: true } schedule
        && schedule.OpenTimes(_time.LocalTimeZone).OpenUntil(_time.GetUtcNow()) is not null;
}
