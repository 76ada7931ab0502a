using System.Threading.Tasks.Sources;

namespace VmProxy.Blocks.Files;

enum IoOperation
{
    Read,
    Write,
    Zero,
    Flush,
    FindRun,
}

/// <summary>
/// One call for an I/O thread, reused. A request that is cancelled while it waits ends at once and its buffer is never touched; one that
/// runs already ends when the call returns, because until then the kernel may write into the caller's buffer.
/// </summary>
sealed class IoRequest(IoThreads threads) : IValueTaskSource, IValueTaskSource<BlockRun>, IThreadPoolWorkItem
{
    const int Waiting = 0;
    const int Running = 1;
    const int Cancelled = 2;

    ManualResetValueTaskSourceCore<BlockRun> _source;
    CancellationTokenRegistration _registration;
    CancellationToken _cancellationToken;
    IoOperation _operation;
    long _offset;
    long _length;
    Memory<byte> _buffer;
    ReadOnlyMemory<byte> _data;
    BlockRun _result;
    Exception? _error;
    int _state;

    /// <summary>The awaiting caller and the queue; whoever leaves last gives the object back.</summary>
    int _holders;

    public static ValueTask ReadAsync(IoThreads threads, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var request = threads.Rent();
        request._buffer = buffer;
        return new ValueTask(request, request.Start(IoOperation.Read, offset, buffer.Length, cancellationToken));
    }

    public static ValueTask WriteAsync(IoThreads threads, long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var request = threads.Rent();
        request._data = data;
        return new ValueTask(request, request.Start(IoOperation.Write, offset, data.Length, cancellationToken));
    }

    public static ValueTask ZeroAsync(IoThreads threads, long offset, long length, CancellationToken cancellationToken)
    {
        var request = threads.Rent();
        return new ValueTask(request, request.Start(IoOperation.Zero, offset, length, cancellationToken));
    }

    public static ValueTask FlushAsync(IoThreads threads, CancellationToken cancellationToken)
    {
        var request = threads.Rent();
        return new ValueTask(request, request.Start(IoOperation.Flush, 0, 0, cancellationToken));
    }

    public static ValueTask<BlockRun> FindRunAsync(IoThreads threads, long offset, long length, CancellationToken cancellationToken)
    {
        var request = threads.Rent();
        return new ValueTask<BlockRun>(request, request.Start(IoOperation.FindRun, offset, length, cancellationToken));
    }

    /// <summary>On the I/O thread.</summary>
    public void Run(OsFile file, IoScratch scratch)
    {
        if (Interlocked.CompareExchange(ref _state, Running, Waiting) == Waiting)
        {
            try
            {
                Perform(file, scratch);
            }
#pragma warning disable CA1031 // Whatever it is, it belongs to the caller, not to this thread.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                _error = exception;
            }

            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        Release();
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_error is null)
        {
            _source.SetResult(_result);
        }
        else
        {
            _source.SetException(_error);
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    public BlockRun GetResult(short token)
    {
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            _registration.Dispose();
            Release();
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    short Start(IoOperation operation, long offset, long length, CancellationToken cancellationToken)
    {
        _operation = operation;
        _offset = offset;
        _length = length;
        _state = Waiting;
        _holders = 2;
        _cancellationToken = cancellationToken;
        var version = _source.Version;
        _registration = cancellationToken.UnsafeRegister(static request => ((IoRequest)request!).Cancel(), this);
        try
        {
            threads.Enqueue(this);
        }
        catch (ObjectDisposedException)
        {
            _registration.Dispose();
            throw;
        }

        return version;
    }

    void Cancel()
    {
        if (Interlocked.CompareExchange(ref _state, Cancelled, Waiting) == Waiting)
        {
            _error = new OperationCanceledException(_cancellationToken);
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    void Perform(OsFile file, IoScratch scratch)
    {
        switch (_operation)
        {
            case IoOperation.Read:
                file.Read(_offset, _buffer.Span, scratch);
                break;
            case IoOperation.Write:
                file.Write(_offset, _data.Span, scratch);
                break;
            case IoOperation.Zero:
                file.Zero(_offset, _length, scratch);
                break;
            case IoOperation.Flush:
                file.Flush();
                break;
            case IoOperation.FindRun:
                _result = file.FindRun(_offset, _length);
                break;
        }
    }

    void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            _source.Reset();
            _buffer = default;
            _data = default;
            _error = null;
            _registration = default;
            _cancellationToken = default;
            threads.Return(this);
        }
    }
}
