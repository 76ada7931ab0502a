using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VmProxy.Service.Configuration;
using VmProxy.Service.Notifications;

namespace VmProxy.Service.Scheduling;

/// <summary>
/// Sees to it that nights do not fail to come without a word: a clock that was ahead and is set back would leave the next time of everything in a future
/// that is far away, and a schedule that does not fire, for its file cannot be written perhaps, would fire no summary either.
/// </summary>
sealed class ScheduleWatch(CurrentConfiguration current, Schedule schedule, Notifier notifier, TimeProvider time, ILogger<ScheduleWatch> log) : BackgroundService
{
    static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);
    static readonly TimeSpan Late = TimeSpan.FromMinutes(5);

    // By the machine's clock; a busy machine begins what is due within a second or two.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Looks in a row: what is late after a suspended machine woke up is about to be done.</summary>
    const int LooksUntilStuck = 3;

    int _late;

    /// <summary>Whether what is due is not fired.</summary>
    public bool IsStuck => Volatile.Read(ref _late) >= LooksUntilStuck;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // By the machine's clock, as Quartz waits: a clock of somebody's own that jumps makes nothing late.
        using var timer = new PeriodicTimer(LookAgain, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                await LookAsync(Patience, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the service.
        }
    }

    internal async Task LookAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (!schedule.IsStarted)
        {
            return;
        }

        var problem = await ProblemAsync(patience, cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _late, problem is null ? 0 : _late + 1);
        if (_late == LooksUntilStuck)
        {
            Log.ScheduleStuck(log, problem!);
            await notifier.TellAsync(ServiceNotices.Stuck(problem!, time.GetUtcNow())).ConfigureAwait(false);
        }
    }

    async Task<string?> ProblemAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await schedule.FollowAsync(current.Settings, cancellationToken).ConfigureAwait(false);
            var list = await schedule.ListAsync(cancellationToken).ConfigureAwait(false);
            var late = list.Where(entry => entry.Next < time.GetUtcNow() - Late).OrderBy(entry => entry.Next).ToArray();
            if (late.Length > 0)
            {
                return $"{late[0].Work} was due at {late[0].Next!.Value.UtcDateTime:yyyy-MM-dd HH:mm} UTC and was not begun";
            }

            // Of what is due and not begun, Quartz moves the time on; only a firing proves that it fires.
            return await schedule.FiresAsync(patience, cancellationToken).ConfigureAwait(false)
                ? null
                : $"What was put on the schedule for now was not begun within {patience.TotalSeconds:0} s";
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // What leaves here would end the service, and with it the nights.
            return exception.Message;
        }
    }
}
