using VmProxy.Catalog;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Sessions;

/// <summary>
/// A run in the catalog, from its beginning to its end, and the lease that proves that its owner lives. When the lease is lost (a janitor
/// took this process for dead) the run is cancelled and must commit nothing.
/// </summary>
sealed class RunScope : IAsyncDisposable
{
    readonly CatalogDatabase _catalog;
    readonly ProxySession _session;
    readonly CancellationTokenSource _ending = new();
    readonly CancellationTokenSource _leaseLost;
    readonly CancellationToken _caller;
    readonly Task _heartbeat;
    bool _ended;

    RunScope(CatalogDatabase catalog, ProxySession session, string id, CancellationToken cancellationToken)
    {
        _catalog = catalog;
        _session = session;
        Id = id;
        _caller = cancellationToken;
        _leaseLost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _heartbeat = BeatAsync();
    }

    public string Id { get; }

    /// <summary>Cancelled by the caller, or by the loss of the lease.</summary>
    public CancellationToken Token => _leaseLost.Token;

    public static async Task<RunScope> BeginAsync(
        ProxySession session, RunKind kind, string? job, string? level, CancellationToken cancellationToken)
    {
        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        var start = new RunStart(kind, job, level, ProgramVersion.Text);
        var run = await catalog.Runs.BeginAsync(start, RunOwner.Current(session.Parts.Processes), cancellationToken).ConfigureAwait(false);
        return new RunScope(catalog, session, run.Id, cancellationToken);
    }

    /// <summary>Does the run's work under its lease.</summary>
    /// <exception cref="EngineException">With <see cref="ReasonCodes.LeaseLost"/>: the lease was lost, and the work was given up for that.</exception>
    public async Task<T> DoAsync<T>(Func<CancellationToken, Task<T>> work)
    {
        try
        {
            return await work(Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (Token.IsCancellationRequested && !_caller.IsCancellationRequested)
        {
            throw new EngineException(
                ReasonCodes.LeaseLost, $"run {Id}", "keep the lease",
                "The run was given up: another run took this one for dead, or the catalog could not be written.",
                "Check that the catalog's disk is not full (VmProxy:State), then run again. What was under way was discarded; finished points stay.");
        }
    }

    /// <summary>Records how the run ended.</summary>
    public async Task EndAsync(RunOutcome outcome, Failure? error)
    {
        await _catalog.Runs.EndAsync(Id, outcome, error?.Code, error?.ToString(), CancellationToken.None).ConfigureAwait(false);
        _ended = true;
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _heartbeat.ConfigureAwait(false);
        if (!_ended)
        {
            try
            {
                await _catalog.Runs.EndAsync(Id, RunOutcome.Failed, null, "The run ended without a result.", CancellationToken.None).ConfigureAwait(false);
            }
            catch (CatalogException)
            {
                // What ended the run is the failure to tell; the lease ends with this process.
            }
        }

        _ending.Dispose();
        _leaseLost.Dispose();
    }

    async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(RunLease.HeartbeatInterval, _session.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ending.Token).ConfigureAwait(false))
            {
                await _session.Parts.Checkpoints.ReachedAsync("heartbeat").ConfigureAwait(false);
                if (!await _catalog.Runs.HeartbeatAsync(Id, _ending.Token).ConfigureAwait(false))
                {
                    await _leaseLost.CancelAsync().ConfigureAwait(false);
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The run has ended.
        }
        catch (CatalogException)
        {
            // A catalog that cannot be written cannot vouch for us either: stop as if the lease were lost.
            await _leaseLost.CancelAsync().ConfigureAwait(false);
        }
    }
}
