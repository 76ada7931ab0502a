namespace VmProxy.Nbd.Serving;

/// <summary>
/// What a connection works on, bounded in requests and in bytes. One loop enters; any thread leaves. A request that is larger than all bytes is let in alone.
/// </summary>
sealed class InFlight(int maxRequests, long maxBytes)
{
    readonly Lock _lock = new();
    TaskCompletionSource? _change;
    int _requests;
    long _bytes;

    /// <summary>Returns when there is room for a request of so many bytes, which is then taken.</summary>
    public Task EnterAsync(int bytes, CancellationToken cancellationToken) => WhenAsync(
        () => _requests == 0 || (_requests < maxRequests && _bytes + bytes <= maxBytes),
        () =>
        {
            _requests++;
            _bytes += bytes;
        },
        cancellationToken);

    /// <summary>Gives the room back.</summary>
    public void Leave(int bytes)
    {
        TaskCompletionSource? change;
        lock (_lock)
        {
            _requests--;
            _bytes -= bytes;
            change = _change;
            _change = null;
        }

        change?.SetResult();
    }

    /// <summary>Returns when nothing is worked on.</summary>
    public Task WhenEmptyAsync() => WhenAsync(() => _requests == 0, () => { }, CancellationToken.None);

    async Task WhenAsync(Func<bool> condition, Action take, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task change;
            lock (_lock)
            {
                if (condition())
                {
                    take();
                    return;
                }

                _change ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                change = _change.Task;
            }

            await change.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
