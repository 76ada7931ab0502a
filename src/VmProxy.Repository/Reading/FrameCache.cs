using VmProxy.Repository.Index;

namespace VmProxy.Repository.Reading;

/// <summary>The last used frames, decoded, bounded by their plain bytes. Readers of the same frame wait for one decoding.</summary>
internal sealed class FrameCache(FrameReader reader, long capacity)
{
    readonly Lock _lock = new();
    readonly Dictionary<(RandomId Pack, uint Offset), LinkedListNode<Entry>> _entries = [];
    readonly LinkedList<Entry> _byUse = new();
    long _size;

    /// <summary>A frame that the caller must release.</summary>
    public async ValueTask<DecodedFrame> GetAsync(ChunkLocation location, CancellationToken cancellationToken)
    {
        var key = (location.Pack.Header.Id, location.Offset);
        LinkedListNode<Entry>? node;
        bool isMine;
        lock (_lock)
        {
            isMine = !_entries.TryGetValue(key, out node);
            if (isMine)
            {
                node = _entries[key] = _byUse.AddFirst(new Entry(key));
            }
            else
            {
                _byUse.Remove(node!);
                _byUse.AddFirst(node!);
                if (node!.Value.Frame is { } frame)
                {
                    frame.Retain();
                    return frame;
                }

                node.Value.Waiting++;
            }
        }

        if (isMine)
        {
            return await LoadAsync(node!, location).ConfigureAwait(false);
        }

        try
        {
            return await node!.Value.Loaded.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = ReleaseWhenLoadedAsync(node!.Value.Loaded.Task);
            throw;
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            while (_byUse.Last is { } last)
            {
                Remove(last);
                last.Value.Frame?.Release();
            }
        }
    }

    // Others wait for this load, so the caller's cancellation must not end it.
    async Task<DecodedFrame> LoadAsync(LinkedListNode<Entry> node, ChunkLocation location)
    {
        DecodedFrame frame;
        try
        {
            frame = await reader.ReadAsync(location, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            lock (_lock)
            {
                Remove(node);
            }

            node.Value.Loaded.SetException(error);
            _ = node.Value.Loaded.Task.Exception; // observed: there may be nobody waiting
            throw;
        }

        lock (_lock)
        {
            for (var i = 0; i < node.Value.Waiting; i++)
            {
                frame.Retain();
            }

            frame.Retain(); // the caller's; the first one is the cache's
            if (node.List is null)
            {
                frame.Release(); // cleared meanwhile
            }
            else
            {
                node.Value.Frame = frame;
                _size += frame.RawLength;
                Evict(node);
            }
        }

        node.Value.Loaded.SetResult(frame);
        return frame;
    }

    // The loader takes a reference for every waiter, also for one who gave up.
    static async Task ReleaseWhenLoadedAsync(Task<DecodedFrame> loaded)
    {
        await ((Task)loaded).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (loaded.IsCompletedSuccessfully)
        {
            (await loaded.ConfigureAwait(false)).Release();
        }
    }

    void Evict(LinkedListNode<Entry> keep)
    {
        var node = _byUse.Last;
        while (_size > capacity && node is not null)
        {
            var previous = node.Previous;
            if (node != keep && node.Value.Frame is { } frame)
            {
                Remove(node);
                frame.Release();
            }

            node = previous;
        }
    }

    void Remove(LinkedListNode<Entry> node)
    {
        if (node.List is not null)
        {
            _byUse.Remove(node);
            _entries.Remove(node.Value.Key);
            _size -= node.Value.Frame?.RawLength ?? 0;
        }
    }

    sealed class Entry((RandomId, uint) key)
    {
        public (RandomId, uint) Key => key;

        public DecodedFrame? Frame { get; set; }

        public int Waiting { get; set; }

        public TaskCompletionSource<DecodedFrame> Loaded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
