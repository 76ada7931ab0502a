using Quartz;
using VmProxy.Service.Work;

namespace VmProxy.Service.Scheduling;

/// <summary>What Quartz runs when something is due: it hands over, and stays until that has ended.</summary>
sealed class FiredWork(WorkRunner runner, Schedule schedule) : IJob
{
    /// <summary>The work, in a trigger's data.</summary>
    public const string WorkData = "work";

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var key = WorkKey.Parse(context.MergedJobDataMap.GetString(WorkData) ?? "");
        if (!schedule.WasWake(key))
        {
            await runner.RunAsync(key).ConfigureAwait(false);
        }
    }
}
