using Microsoft.Extensions.Logging;
using VmProxy.Engine;
using VmProxy.Engine.Care;
using VmProxy.Engine.Failures;
using VmProxy.Service.Configuration;
using VmProxy.Service.Metrics;
using VmProxy.Service.Notifications;
using VmProxy.Service.Scheduling;

namespace VmProxy.Service.Work;

/// <summary>Retention: prunes a repository after backups, once nobody of this service writes there any more, and not more often than is asked.</summary>
sealed class PruneWork(CurrentConfiguration current, Notifier notifier, ServiceMetrics metrics, TimeProvider time, ILogger<PruneWork> log) : IServiceWork, IDisposable
{
    readonly Lock _lock = new();
    readonly Dictionary<string, int> _writers = new(StringComparer.OrdinalIgnoreCase);
    readonly SemaphoreSlim _one = new(1);

    public string Kind => WorkKey.PruneKind;

    /// <summary>Somebody is about to write, or waits for the turn to, until the result is disposed.</summary>
    public IDisposable Writes(string repository)
    {
        lock (_lock)
        {
            _writers[repository] = _writers.GetValueOrDefault(repository) + 1;
        }

        return new Writer(this, repository);
    }

    /// <summary>Prunes the repository, if it is time and nobody writes.</summary>
    public async Task RunAsync(WorkKey key, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var session = current.OpenSession();
            await using (session.ConfigureAwait(false))
            {
                // A new configuration may have taken it away meanwhile.
                if (session.Settings.Repositories.Any(repository => repository.Name.Equals(key.Subject, StringComparison.OrdinalIgnoreCase)))
                {
                    await IfDueAsync(session, key, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    async Task IfDueAsync(ProxySession session, WorkKey key, CancellationToken cancellationToken)
    {
        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        var last = await catalog.ServiceTasks.FindAsync(key.ToString(), cancellationToken).ConfigureAwait(false);
        // One of the future is of a clock that was wrong.
        var since = time.GetUtcNow() - last?.BeganAt;
        if (IsWritten(key.Subject) || (since >= TimeSpan.Zero && since < session.Settings.Service.PruneInterval))
        {
            return;
        }

        await catalog.ServiceTasks.BeginAsync(key.ToString(), cancellationToken).ConfigureAwait(false);
        await PruneAsync(session, key.Subject, cancellationToken).ConfigureAwait(false);
        await catalog.ServiceTasks.EndAsync(key.ToString(), cancellationToken).ConfigureAwait(false);
    }

    async Task PruneAsync(ProxySession session, string repository, CancellationToken cancellationToken)
    {
        try
        {
            var result = await new RepositoryPrune(session, null).RunAsync(new PruneRequest { Repository = repository }, cancellationToken).ConfigureAwait(false);
            Log.Pruned(log, repository, result.Points.Count(point => !point.Kept), Sizes.Text(result.FreedBytes));
            metrics.Pruned(repository, time.GetUtcNow());
        }
        catch (Exception exception) when (Expected.Failure(exception, $"repository {repository}", "prune") is { } failure)
        {
            Log.WorkFailed(log, $"prune:{repository}", failure.ToString());
            await notifier.TellAsync(ServiceNotices.PruneFailed(repository, failure, time.GetUtcNow())).ConfigureAwait(false);
        }
    }

    bool IsWritten(string repository)
    {
        lock (_lock)
        {
            return _writers.GetValueOrDefault(repository) > 0;
        }
    }

    sealed class Writer(PruneWork owner, string repository) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._lock)
            {
                owner._writers[repository]--;
            }
        }
    }
}
