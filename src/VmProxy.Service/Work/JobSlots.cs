namespace VmProxy.Service.Work;

/// <summary>Lets so many jobs work at the same time; of those that wait, the one with the highest priority goes first, and of equals the first.</summary>
sealed class JobSlots(int count)
{
    readonly Lock _lock = new();
    readonly PriorityQueue<TaskCompletionSource, (int, long)> _waiting = new();
    int _free = count;
    long _arrivals;

    /// <summary>Waits for a turn, which ends when the result is disposed.</summary>
    public async Task<IDisposable> TakeAsync(int priority, CancellationToken cancellationToken)
    {
        TaskCompletionSource turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return new Turn(this);
            }

            _waiting.Enqueue(turn, (-priority, _arrivals++));
        }

        using var giveUp = cancellationToken.UnsafeRegister(static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), turn);
        await turn.Task.ConfigureAwait(false);
        return new Turn(this);
    }

    void Free()
    {
        lock (_lock)
        {
            while (_waiting.TryDequeue(out var next, out _))
            {
                // One that gave up meanwhile takes no turn.
                if (next.TrySetResult())
                {
                    return;
                }
            }

            _free++;
        }
    }

    sealed class Turn(JobSlots slots) : IDisposable
    {
        JobSlots? _slots = slots;

        public void Dispose() => Interlocked.Exchange(ref _slots, null)?.Free();
    }
}
