using System.Globalization;
using Microsoft.Extensions.Logging;
using VmProxy.Catalog;
using VmProxy.Engine;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Service.Configuration;
using VmProxy.Service.Metrics;
using VmProxy.Service.Notifications;
using VmProxy.Service.Scheduling;

namespace VmProxy.Service.Work;

/// <summary>A job's night: its turn, its window, its attempts, what is told of it, and the prune after it.</summary>
sealed class BackupWork(
    CurrentConfiguration current, JobSlots slots, WorkRunner runner, PruneWork prune, Notifier notifier, ServiceMetrics metrics, TimeProvider time, ILogger<BackupWork> log) : IServiceWork
{
    public string Kind => WorkKey.BackupKind;

    public async Task RunAsync(WorkKey key, CancellationToken cancellationToken)
    {
        // The configuration of this moment holds to the end, whatever is reloaded meanwhile.
        var session = current.OpenSession();
        await using (session.ConfigureAwait(false))
        {
            if (session.Settings.Jobs.FirstOrDefault(job => job.Name.Equals(key.Subject, StringComparison.OrdinalIgnoreCase)) is not { Schedule: { } schedule } job)
            {
                return;
            }

            // Before it waits for its turn: a night that ends while it waits is made up for like any other.
            var name = WorkKey.Backup(job.Name).ToString();
            await NoteAsync(session, catalog => catalog.ServiceTasks.BeginAsync(name, CancellationToken.None)).ConfigureAwait(false);
            var repository = session.Settings.RepositoryOf(job).Name;
            using (prune.Writes(repository))
            using (await slots.TakeAsync(schedule.Priority, cancellationToken).ConfigureAwait(false))
            {
                await InTurnAsync(session, job, schedule, cancellationToken).ConfigureAwait(false);
            }

            // Told first, ended then: what is told twice does less harm than what is not told.
            await NoteAsync(session, catalog => catalog.ServiceTasks.EndAsync(name, CancellationToken.None)).ConfigureAwait(false);
            // Not a part of this work: a prune that takes a day must not be in the way of the next night.
            _ = runner.RunAsync(WorkKey.Prune(repository));
        }
    }

    async Task InTurnAsync(ProxySession session, JobSettings job, ScheduleSettings schedule, CancellationToken cancellationToken)
    {
        if (schedule.OpenTimes(time.LocalTimeZone).OpenUntil(time.GetUtcNow()) is not { } until)
        {
            const string Why = "No window of its schedule was open when its turn came (Schedule:Windows).";
            Log.JobNotRun(log, job.Name, Why);
            await notifier.TellAsync(JobNotices.NotRun(job.Name, Why, time.GetUtcNow())).ConfigureAwait(false);
            return;
        }

        metrics.JobRuns(job.Name, runs: true);
        try
        {
            await TellAsync(await AttemptsAsync(session, job, schedule, until, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            metrics.JobRuns(job.Name, runs: false);
        }
    }

    /// <summary>Notes what has begun and ended. That it cannot be noted ends no night: whether the catalog can be written is for the backup to say.</summary>
    async Task NoteAsync(ProxySession session, Func<CatalogDatabase, Task> note)
    {
        try
        {
            await note(await session.CatalogAsync(CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (CatalogException exception)
        {
            Log.NotNoted(log, exception.Message);
        }
    }

    async Task<JobNight> AttemptsAsync(ProxySession session, JobSettings job, ScheduleSettings schedule, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var night = new JobNight(job.Name, time.GetUtcNow());
        while (true)
        {
            try
            {
                var request = new BackupRequest { Job = job.Name, Only = night.Again, BeginUntil = until == DateTimeOffset.MaxValue ? null : until };
                night.Add(await new BackupJob(session, null).RunAsync(request, cancellationToken).ConfigureAwait(false));
            }
            catch (Exception exception) when (Expected.Failure(exception, $"job {job.Name}", "back up") is { } failure)
            {
                night.Add(failure);
            }

            foreach (var problem in night.Problems)
            {
                Log.JobProblem(log, job.Name, night.Attempts, problem);
            }

            if (!night.WantsAnother || night.Attempts > schedule.Retries || until - time.GetUtcNow() <= schedule.RetryAfter)
            {
                return night;
            }

            Log.JobRetries(log, job.Name, night.Failure is null ? string.Create(CultureInfo.InvariantCulture, $"{night.Failed.Count} VMs") : "all of it", schedule.RetryAfter);
            await Task.Delay(schedule.RetryAfter, time, cancellationToken).ConfigureAwait(false);
        }
    }

    async Task TellAsync(JobNight night)
    {
        var now = time.GetUtcNow();
        metrics.JobEnded(night.Job, night.Outcome, now);
        foreach (var (vm, _) in night.Vms)
        {
            metrics.VmDone(night.Job, vm);
        }

        var level = night.Outcome switch { Outcome.Failed => LogLevel.Error, Outcome.Warning => LogLevel.Warning, _ => LogLevel.Information };
        Log.JobEnded(log, level, night.Job, night.Outcome.ToString(), night.Vms.Count - night.Failed.Count, night.Failed.Count, night.Attempts);
        if (JobNotices.Of(night, now) is { } notice)
        {
            await notifier.TellAsync(notice).ConfigureAwait(false);
        }
    }
}
