using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VmProxy.Engine;
using VmProxy.Service.Configuration;
using VmProxy.Service.Notifications;
using VmProxy.Service.Scheduling;
using VmProxy.Service.Work;

namespace VmProxy.Service;

/// <summary>From the first to the last: opens the schedule, makes up for what was missed, fires, and at the end sees to it that no snapshot stays.</summary>
sealed class ServiceLife(
    CurrentConfiguration current, Schedule schedule, WorkRunner runner, Notifier notifier, TimeProvider time, ILogger<ServiceLife> log) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Log.Started(log, ProgramVersion.Text, current.Now.File ?? "of the environment");
        var missed = await schedule.OpenAsync(current.Settings, cancellationToken).ConfigureAwait(false);
        var interrupted = await InterruptedAsync(cancellationToken).ConfigureAwait(false);
        foreach (var run in missed.Concat(interrupted).DistinctBy(run => run.Job))
        {
            await TellAsync(run, cancellationToken).ConfigureAwait(false);
        }

        await schedule.StartAsync(cancellationToken).ConfigureAwait(false);
        _ = runner.RunAsync(WorkKey.Janitor);
        _ = runner.RunAsync(WorkKey.Capacity);
        // A missed run comes from the schedule by itself; for one that was interrupted its time has passed.
        foreach (var run in interrupted.Where(run => missed.All(other => other.Job != run.Job) && MakesUp(run.Job)))
        {
            _ = runner.RunAsync(WorkKey.Backup(run.Job));
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await schedule.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await runner.StopAsync(current.Settings.Service.StopTimeout).ConfigureAwait(false);
        await schedule.CloseAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Jobs that had begun when the service ended, in order or not.</summary>
    async Task<IReadOnlyList<MissedRun>> InterruptedAsync(CancellationToken cancellationToken)
    {
        var session = current.OpenSession();
        await using (session.ConfigureAwait(false))
        {
            var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
            var open = (await catalog.ServiceTasks.ListUnendedAsync(cancellationToken).ConfigureAwait(false))
                .Select(task => (Key: WorkKey.Parse(task.Name), task.BeganAt)).Where(task => task.Key.Kind == WorkKey.BackupKind).ToArray();
            foreach (var (key, _) in open)
            {
                await catalog.ServiceTasks.EndAsync(key.ToString(), cancellationToken).ConfigureAwait(false);
            }

            return [.. open.Select(task => new MissedRun(task.Key.Subject, task.BeganAt, Interrupted: true))];
        }
    }

    async Task TellAsync(MissedRun run, CancellationToken cancellationToken)
    {
        var now = MakesUp(run.Job);
        Log.JobMissed(log, run.Job, run.Due, now ? "; it is made up for now" : "");
        await notifier.TellAsync(ServiceNotices.Missed(run, now, time.GetUtcNow()), cancellationToken).ConfigureAwait(false);
    }

    bool MakesUp(string job) => current.Settings.Jobs.FirstOrDefault(one => one.Name.Equals(job, StringComparison.OrdinalIgnoreCase))?.Schedule is { RunMissed: true } schedule
        && schedule.OpenTimes(time.LocalTimeZone).OpenUntil(time.GetUtcNow()) is not null;
}
