namespace VmProxy.Blocks.Files;

/// <summary>
/// The threads of one file, on which its blocking calls run. .NET's asynchronous file reads block pool threads on Linux, which the pool
/// replaces at one or two a second; threads of our own keep the wanted number of reads in flight from the first moment. They start when
/// they are needed, so a file of which only a header is read costs one.
/// </summary>
sealed class IoThreads(OsFile file, int limit) : IAsyncDisposable
{
    const int StackBytes = 256 * 1024;

    readonly object _gate = new();
    readonly Queue<IoRequest> _queue = new();
    readonly Stack<IoRequest> _spare = new();
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _threads;
    int _idle;
    bool _stopping;

    public IoRequest Rent()
    {
        lock (_gate)
        {
            return _spare.TryPop(out var request) ? request : new IoRequest(this);
        }
    }

    public void Return(IoRequest request)
    {
        lock (_gate)
        {
            _spare.Push(request);
        }
    }

    public void Enqueue(IoRequest request)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, typeof(FileBlockDevice));
            _queue.Enqueue(request);
            if (_queue.Count > _idle && _threads < limit)
            {
                _threads++;
                new Thread(Work, StackBytes) { IsBackground = true, Name = "VmProxy block I/O" }.Start();
            }
            else
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>Serves what is queued, then ends the threads.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
            if (_threads == 0)
            {
                _ended.TrySetResult();
            }
        }

        await _ended.Task.ConfigureAwait(false);
    }

    void Work()
    {
        var scratch = new IoScratch();
        while (Next() is { } request)
        {
            request.Run(file, scratch);
        }

        lock (_gate)
        {
            if (--_threads == 0)
            {
                _ended.TrySetResult();
            }
        }
    }

    IoRequest? Next()
    {
        lock (_gate)
        {
            while (_queue.Count == 0)
            {
                if (_stopping)
                {
                    return null;
                }

                _idle++;
                Monitor.Wait(_gate);
                _idle--;
            }

            return _queue.Dequeue();
        }
    }
}
