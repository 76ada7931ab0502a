using Polly;
using Polly.Retry;

namespace VmProxy.Vsphere;

/// <summary>
/// Waits out what another holds: a locked file, a task in progress (requirements 8 and 17). Such a refusal says that nothing was begun, so trying
/// again is safe; it ends after <see cref="VcenterOptions.BusyLimit"/>.
/// </summary>
sealed class BusyRetry
{
    static readonly ResiliencePropertyKey<(string Object, string Step, Busy Busy, long Started)> Subject = new("busy");

    readonly ResiliencePipeline _pipeline;
    readonly TimeProvider _time;

    public BusyRetry(VcenterCaller caller)
    {
        _time = caller.Time;
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = caller.Time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = arguments =>
                {
                    var (_, _, busy, started) = arguments.Context.Properties.GetValue(Subject, default);
                    return ValueTask.FromResult(
                        arguments.Outcome.Exception is VsphereException { FaultType: var type }
                        && (Faults.IsBusy(type) || (busy == Busy.TasksAndLocks && type == "FileLocked"))
                        && _time.GetElapsedTime(started) < caller.Options.BusyLimit);
                },
                MaxRetryAttempts = int.MaxValue,
                Delay = caller.Options.RetryDelay,
                MaxDelay = TimeSpan.FromSeconds(20),
                BackoffType = DelayBackoffType.Exponential,
                OnRetry = arguments =>
                {
                    var (@object, step, _, _) = arguments.Context.Properties.GetValue(Subject, default);
                    Log.Busy(caller.Logger, @object, step, arguments.Outcome.Exception?.Message ?? "");
                    return default;
                },
            })
            .Build();
    }

    public async Task<T> RunAsync<T>(
        string @object, string step, Busy busy, Func<CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(Subject, (@object, step, busy, _time.GetTimestamp()));
        try
        {
            return await _pipeline.ExecuteAsync(
                static async (context, action) => await action(context.CancellationToken).ConfigureAwait(false),
                context,
                action).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }
}

/// <summary>What is worth waiting for.</summary>
enum Busy
{
    /// <summary>Other tasks. A locked file is told at once: another way may lead on.</summary>
    Tasks,

    /// <summary>Also locked files: there is no other way, and leaving the work undone does harm.</summary>
    TasksAndLocks,
}
