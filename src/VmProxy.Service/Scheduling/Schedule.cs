using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Quartz;
using VmProxy.Engine.Configuration;

namespace VmProxy.Service.Scheduling;

/// <summary>When what is due. Quartz decides it and keeps it over restarts; who runs it is somebody else's business.</summary>
sealed class Schedule(ISchedulerFactory factory, TimeProvider time, ILogger<Schedule> log) : IDisposable
{
    const string WakeKind = "wake";

    // Later than this is missed, not late.
    static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    // A clock that is corrected by less sets nothing back: what was done in that time is not done again.
    static readonly TimeSpan Correction = TimeSpan.FromMinutes(10);

    readonly SemaphoreSlim _following = new(1);
    readonly WorkTriggers _triggers = new(time);
    readonly ConcurrentDictionary<WorkKey, TaskCompletionSource> _wakes = new();
    IScheduler? _scheduler;

    /// <summary>Whether it fires.</summary>
    public bool IsStarted { get; private set; }

    IScheduler Scheduler => _scheduler ?? throw new InvalidOperationException("The schedule was not opened.");

    /// <summary>Opens what was kept, and changes it to what the configuration asks. Nothing fires yet.</summary>
    /// <returns>The runs of jobs that were missed since the service last ran; what the schedule leaves as it was comes by itself.</returns>
    public async Task<IReadOnlyList<MissedRun>> OpenAsync(ProxySettings settings, CancellationToken cancellationToken)
    {
        _scheduler = await factory.GetScheduler(cancellationToken).ConfigureAwait(false);
        await _scheduler.AddJob(
            JobBuilder.Create<FiredWork>().WithIdentity(WorkTriggers.Job).StoreDurably().Build(), new AddJobOptions { Replace = true }, cancellationToken).ConfigureAwait(false);
        // Of what was kept, for a schedule that was changed meanwhile is a new one that has missed nothing.
        var missed = await MissedAsync(cancellationToken).ConfigureAwait(false);
        await FollowAsync(settings, cancellationToken).ConfigureAwait(false);
        var coming = (await MissedAsync(cancellationToken).ConfigureAwait(false)).Select(run => run.Job).ToHashSet();
        // A job that was taken out of the configuration misses nothing.
        return [.. missed.Where(run => settings.Jobs.Any(job => job.Name == run.Job && job.Schedule is not null)).Select(run => run with { ComesByItself = coming.Contains(run.Job) })];
    }

    /// <summary>Begins to fire; what was missed comes first.</summary>
    /// <param name="missed">Hears of the runs of jobs that were missed, also while it fires: a machine may sleep.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public async Task StartAsync(Func<MissedRun, Task> missed, CancellationToken cancellationToken)
    {
        Scheduler.ListenerManager.AddTriggerListener(new MissedRuns(missed), []);
        await Scheduler.Start(cancellationToken).ConfigureAwait(false);
        IsStarted = true;
    }

    /// <summary>Fires no more. What was fired is not touched.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        IsStarted = false;
        if (_scheduler is not null)
        {
            await _scheduler.Standby(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => _following.Dispose();

    /// <summary>Closes it, once what was fired has ended.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (_scheduler is not null)
        {
            await _scheduler.Shutdown(waitForJobsToComplete: true, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Adds, changes and removes what the configuration asks; what it leaves as it was keeps its next time, also a missed one.</summary>
    public async Task FollowAsync(ProxySettings settings, CancellationToken cancellationToken)
    {
        if (_scheduler is null)
        {
            // It is opened with the configuration of that moment.
            return;
        }

        await _following.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await FollowAsync(_triggers.Of(settings), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _following.Release();
        }
    }

    async Task FollowAsync(IReadOnlyList<WorkTriggers.Wanted> wanted, CancellationToken cancellationToken)
    {
        var known = await HeadersAsync(cancellationToken).ConfigureAwait(false);
        foreach (var old in known.Where(header => wanted.All(one => WorkTriggers.KeyOf(one.Work) != header.Key)))
        {
            await Scheduler.UnscheduleJob(old.Key, cancellationToken).ConfigureAwait(false);
        }

        foreach (var one in wanted)
        {
            var header = known.FirstOrDefault(header => header.Key == WorkTriggers.KeyOf(one.Work));
            var wentBack = header?.NextFireTimeUtc > one.After(time.GetUtcNow() + Correction);
            if (header?.Description == one.Definition && !wentBack)
            {
                continue;
            }

            if (wentBack)
            {
                Log.ClockWentBack(log, one.Work.ToString(), header!.NextFireTimeUtc);
            }

            var trigger = _triggers.Build(one);
            var next = header is null
                ? await Scheduler.ScheduleJob(trigger, cancellationToken: cancellationToken).ConfigureAwait(false)
                : await Scheduler.RescheduleJob(header.Key, trigger, cancellationToken).ConfigureAwait(false);
            Log.Scheduled(log, one.Work.ToString(), next);
        }
    }

    /// <summary>What is scheduled, when it is due next, and when it was fired last.</summary>
    public async Task<IReadOnlyList<(WorkKey Work, DateTimeOffset? Next, DateTimeOffset? Last)>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await HeadersAsync(cancellationToken).ConfigureAwait(false)).Select(header => (WorkKey.Parse(header.Key.Name), header.NextFireTimeUtc, header.PreviousFireTimeUtc))];

    /// <summary>
    /// Makes Quartz look at the clock now, and returns when all that was due before now has begun. A clock that is not the machine's moves without waking
    /// Quartz, which waits by the machine's.
    /// </summary>
    internal async Task WakeAsync(CancellationToken cancellationToken)
    {
        var key = new WorkKey(WakeKind, Guid.NewGuid().ToString("n"));
        var woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _wakes[key] = woken;
        // Due last of all that is due: by its time, and for the same time by its priority.
        var trigger = TriggerBuilder.Create(time).WithIdentity(key.ToString(), WakeKind).ForJob(WorkTriggers.Job).StartAt(time.GetUtcNow()).WithPriority(0)
            .UsingJobData(FiredWork.WorkData, key.ToString()).Build();
        try
        {
            await Scheduler.ScheduleJob(trigger, cancellationToken: cancellationToken).ConfigureAwait(false);
            await woken.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await Scheduler.UnscheduleJob(trigger.Key, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        finally
        {
            _wakes.TryRemove(key, out _);
        }
    }

    /// <summary>Whether what is due now is begun within a time, by the machine's clock.</summary>
    public async Task<bool> FiresAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(patience);
        try
        {
            await WakeAsync(waiting.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>How many firings have not ended; one may not have come to the runner yet.</summary>
    internal async Task<int> CountFiringAsync(CancellationToken cancellationToken) =>
        (await Scheduler.QueryFireInstances(new FireInstanceQuery { State = FireInstanceState.Executing }, cancellationToken).ConfigureAwait(false)).Items.Count;

    internal bool WasWake(WorkKey key)
    {
        if (_wakes.TryRemove(key, out var woken))
        {
            woken.TrySetResult();
        }

        // One of an earlier process is nobody's any more.
        return key.Kind == WakeKind;
    }

    async Task<IReadOnlyList<MissedRun>> MissedAsync(CancellationToken cancellationToken) =>
        [.. (await ListAsync(cancellationToken).ConfigureAwait(false))
            .Where(entry => entry.Work.Kind == WorkKey.BackupKind && entry.Next < time.GetUtcNow() - Tolerance)
            .Select(entry => new MissedRun(entry.Work.Subject, entry.Next!.Value, Interrupted: false))];

    async Task<IReadOnlyList<TriggerHeader>> HeadersAsync(CancellationToken cancellationToken) =>
        (await Scheduler.QueryTriggers(
            new TriggerQuery { Group = GroupMatcher<TriggerKey>.GroupEquals(WorkTriggers.Group), Take = int.MaxValue }, cancellationToken).ConfigureAwait(false)).Items;
}
