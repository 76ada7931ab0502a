using System.Globalization;
using Quartz;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Schedules;

namespace VmProxy.Service.Scheduling;

/// <summary>The triggers that a configuration asks for.</summary>
sealed class WorkTriggers(TimeProvider time)
{
    public const string Group = "vmproxy";

    public static readonly JobKey Job = new("work", Group);

    // Of work that is due at the same time; Quartz's own default.
    const int Ordinary = 5;

    /// <summary>A trigger, and a text that is the same as long as the trigger need not change.</summary>
    public sealed record Wanted(WorkKey Work, string Definition, IScheduleBuilder Schedule)
    {
        public int Priority { get; init; } = Ordinary;

        /// <summary>How long after now its schedule begins.</summary>
        public TimeSpan Delay { get; init; }

        /// <summary>The first time after a moment that it asks for, counted from that moment.</summary>
        public required Func<DateTimeOffset, DateTimeOffset?> After { get; init; }
    }

    public IReadOnlyList<Wanted> Of(ProxySettings settings) =>
    [
        .. settings.Jobs.Where(job => job.Schedule is not null).Select(job => Backup(job.Name, job.Schedule!)),
        Every(WorkKey.Janitor, settings.Service.JanitorInterval),
        Every(WorkKey.Capacity, settings.Service.CapacityInterval),
        Daily(WorkKey.Summary, settings.Notifications),
    ];

    public ITrigger Build(Wanted wanted) => TriggerBuilder.Create(time)
        .WithIdentity(KeyOf(wanted.Work))
        .ForJob(Job)
        .WithDescription(wanted.Definition)
        .WithPriority(wanted.Priority)
        .StartAt(time.GetUtcNow() + wanted.Delay)
        .WithSchedule(wanted.Schedule)
        .UsingJobData(FiredWork.WorkData, wanted.Work.ToString())
        .Build();

    public static TriggerKey KeyOf(WorkKey work) => new(work.ToString(), Group);

    Wanted Backup(string job, ScheduleSettings schedule)
    {
        var zone = schedule.Zone(time.LocalTimeZone);
        var cron = Cron.Parse(schedule.Cron, zone);
        return new Wanted(
            WorkKey.Backup(job),
            string.Create(CultureInfo.InvariantCulture, $"{schedule.Cron} | {zone.Id} | {schedule.Priority} | {schedule.RunMissed}"),
            CronScheduleBuilder.Create(cron).WithMisfireInstruction(
                schedule.RunMissed ? CronTriggerMisfireInstruction.FireAndProceed : CronTriggerMisfireInstruction.DoNothing))
        {
            Priority = schedule.Priority,
            After = cron.GetNextValidTimeAfter,
        };
    }

    /// <summary>A summary that was missed is made up for, so that no night goes without one.</summary>
    Wanted Daily(WorkKey work, NotificationSettings notifications)
    {
        var zone = notifications.TimeZone is { } id ? TimeZoneInfo.FindSystemTimeZoneById(id) : time.LocalTimeZone;
        var cron = Cron.Parse(notifications.SummaryCron, zone);
        return new Wanted(
            work,
            $"{notifications.SummaryCron} | {zone.Id}",
            CronScheduleBuilder.Create(cron).WithMisfireInstruction(CronTriggerMisfireInstruction.FireAndProceed))
        {
            After = cron.GetNextValidTimeAfter,
        };
    }

    /// <summary>Begins an interval after now: at start it is done anyway.</summary>
    static Wanted Every(WorkKey work, TimeSpan interval) => new(
        work,
        $"every {interval}",
        SimpleScheduleBuilder.Create().WithInterval(interval).RepeatForever().WithMisfireInstruction(SimpleTriggerMisfireInstruction.NextWithRemainingCount))
    {
        Delay = interval,
        After = moment => moment + interval,
    };
}
