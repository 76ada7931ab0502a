using Quartz;

namespace VmProxy.Service.Scheduling;

/// <summary>Hears from Quartz which runs of jobs were missed, before it does with them what the schedule asks.</summary>
sealed class MissedRuns(Func<MissedRun, Task> tell) : ITriggerListener
{
    public async ValueTask TriggerMisfired(ITrigger trigger, IScheduler scheduler, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(trigger);
        if (WorkKey.Parse(trigger.Key.Name) is { Kind: WorkKey.BackupKind } work && trigger.NextFireTimeUtc is { } due)
        {
            await tell(new MissedRun(work.Subject, due, Interrupted: false) { ComesByItself = true }).ConfigureAwait(false);
        }
    }
}
