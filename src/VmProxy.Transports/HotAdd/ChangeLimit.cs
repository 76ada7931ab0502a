using VmProxy.Vsphere;

namespace VmProxy.Transports.HotAdd;

/// <summary>
/// How long a change of the proxy VM may take. A caller that cancels cuts the time short but not off, because a change that is given up half way
/// has to be cleared up by the janitor.
/// </summary>
sealed class ChangeLimit(HotAddOptions options, TimeProvider timeProvider)
{
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> change, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.ChangeTimeout, timeProvider);
        using var hurry = cancellationToken.UnsafeRegister(_ => limit.CancelAfter(Shorter(options.CancelGrace, options.ChangeTimeout)), null);
        try
        {
            return await change(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (limit.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new VsphereException(
                VsphereErrorCodes.Timeout,
                "the proxy VM",
                "a change",
                $"it did not end within {options.ChangeTimeout.TotalSeconds:0.#} seconds.",
                "Look at the proxy VM's tasks in vCenter.",
                exception);
        }
    }

    static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
