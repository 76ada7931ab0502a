using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using VmProxy.Engine.Failures;
using VmProxy.Service.Configuration;
using VmProxy.Service.Notifications;
using VmProxy.Service.Scheduling;

namespace VmProxy.Service.Work;

/// <summary>
/// What is going on: begins work, never the same twice at once, tells when it fails as a whole, and at the end tells all of it to give up and waits.
/// </summary>
sealed class WorkRunner(IServiceProvider services, CurrentConfiguration current, TimeProvider time, Notifier notifier, ILogger<WorkRunner> log) : IDisposable
{
    // Of a job that is due every quarter of an hour and hangs, once a day is enough.
    static readonly TimeSpan StillRunsAgain = TimeSpan.FromHours(20);

    readonly Lock _lock = new();
    readonly Dictionary<WorkKey, Task> _running = [];
    readonly CancellationTokenSource _ending = new();
    readonly ToldFailures _failed = new(time);
    readonly ToldFailures _stuck = new(time);

    /// <summary>The work that is going on.</summary>
    public IReadOnlyCollection<WorkKey> Running
    {
        get
        {
            lock (_lock)
            {
                return [.. _running.Keys];
            }
        }
    }

    /// <summary>Does the work, unless it is going on. It throws nothing.</summary>
    public Task RunAsync(WorkKey key)
    {
        lock (_lock)
        {
            if (_ending.IsCancellationRequested)
            {
                // A job that fell due in the last moment is found at the next start: it was fired and not begun.
                return Task.CompletedTask;
            }

            if (!_running.ContainsKey(key))
            {
                // On a thread of its own beginning: the caller may hold what it must not hold for long.
                return _running[key] = Task.Run(() => DoAsync(key), CancellationToken.None);
            }
        }

        Log.WorkStillRuns(log, key.ToString());
        return key.Kind == WorkKey.BackupKind && _stuck.Fails(key, ServiceCodes.StillRuns, StillRunsAgain)
            ? notifier.TellAsync(ServiceNotices.StillRuns(key.Subject, time.GetUtcNow()))
            : Task.CompletedTask;
    }

    /// <summary>Returns when nothing is going on.</summary>
    public async Task IdleAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task[] all;
            lock (_lock)
            {
                all = [.. _running.Values];
            }

            if (all.Length == 0)
            {
                return;
            }

            await Task.WhenAll(all).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Tells all work to give up and waits for it, as long as <paramref name="patience"/> allows.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        Log.Stopping(log, Running.Count);
        await _ending.CancelAsync().ConfigureAwait(false);
        try
        {
            await IdleAsync(CancellationToken.None).WaitAsync(patience, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Log.GaveNotUp(log, string.Join(", ", Running));
        }
    }

    public void Dispose() => _ending.Dispose();

    async Task DoAsync(WorkKey key)
    {
        var began = time.GetTimestamp();
        Log.WorkBegins(log, key.ToString());
        try
        {
            await services.GetServices<IServiceWork>().Single(work => work.Kind == key.Kind).RunAsync(key, _ending.Token).ConfigureAwait(false);
            if (_failed.Ends(key) && key.Kind != WorkKey.BackupKind)
            {
                await notifier.TellAsync(ServiceNotices.WorksAgain(key, time.GetUtcNow())).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            Log.WorkCancelled(log, key.ToString());
        }
        catch (Exception exception) when (Expected.Failure(exception, key.ToString(), "do what is due") is { } failure)
        {
            Log.WorkFailed(log, key.ToString(), failure.ToString());
            await TellAsync(key, failure.Code, now => ServiceNotices.WorkFailed(key, failure, now)).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // One piece of work that breaks must not end the nights of all others.
            Log.WorkBroke(log, exception, key.ToString());
            await TellAsync(key, ServiceCodes.Bug, now => ServiceNotices.Broke(key.ToString(), exception, now)).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _running.Remove(key);
            }

            _stuck.Ends(key);
            Log.WorkEnded(log, key.ToString(), time.GetElapsedTime(began).TotalSeconds);
        }
    }

    /// <summary>Each night of a job is told; what is done every hour when it begins to fail, and again after a while.</summary>
    Task TellAsync(WorkKey key, string code, Func<DateTimeOffset, Notice> notice) =>
        _failed.Fails(key, code, current.Settings.Notifications.RepeatAfter) || key.Kind == WorkKey.BackupKind ? notifier.TellAsync(notice(time.GetUtcNow())) : Task.CompletedTask;
}
