using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using VmProxy.Engine.Failures;
using VmProxy.Service.Notifications;
using VmProxy.Service.Scheduling;

namespace VmProxy.Service.Work;

/// <summary>What is going on: begins work, never the same twice at once, and at the end tells all of it to give up and waits.</summary>
sealed class WorkRunner(IServiceProvider services, TimeProvider time, Notifier notifier, ILogger<WorkRunner> log) : IDisposable
{
    readonly Lock _lock = new();
    readonly Dictionary<WorkKey, Task> _running = [];
    readonly CancellationTokenSource _ending = new();

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
                return Task.CompletedTask;
            }

            if (!_running.ContainsKey(key))
            {
                // On a thread of its own beginning: the caller may hold what it must not hold for long.
                return _running[key] = Task.Run(() => DoAsync(key), CancellationToken.None);
            }
        }

        Log.WorkStillRuns(log, key.ToString());
        return key.Kind == WorkKey.BackupKind
            ? notifier.TellAsync(ServiceNotices.StillRuns(key.Subject, time.GetUtcNow()), CancellationToken.None)
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
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            Log.WorkCancelled(log, key.ToString());
        }
        catch (Exception exception) when (Expected.Failure(exception, key.ToString(), "do what is due") is { } failure)
        {
            Log.WorkFailed(log, key.ToString(), failure.ToString());
        }
        catch (Exception exception)
        {
            // One piece of work that breaks must not end the nights of all others.
            Log.WorkBroke(log, exception, key.ToString());
            await notifier.TellAsync(ServiceNotices.Broke(key.ToString(), exception, time.GetUtcNow()), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _running.Remove(key);
            }

            Log.WorkEnded(log, key.ToString(), time.GetElapsedTime(began).TotalSeconds);
        }
    }
}
