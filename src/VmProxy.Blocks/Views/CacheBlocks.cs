using System.Buffers;

namespace VmProxy.Blocks;

/// <summary>The blocks of a cache in order of use, their loads and their pooled buffers.</summary>
sealed class CacheBlocks(IBlockDevice inner, int blockSize, int capacity) : IAsyncDisposable
{
    readonly Lock _gate = new();
    readonly Dictionary<long, LinkedListNode<CacheBlock>> _listed = [];
    readonly LinkedList<CacheBlock> _recent = new();
    readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _loads;
    bool _disposed;

    public int Capacity => capacity;

    /// <summary>The block, loaded or loading. It must be released.</summary>
    public CacheBlock Acquire(long index)
    {
        CacheBlock block;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(CachedBlockDevice));
            if (_listed.TryGetValue(index, out var node))
            {
                _recent.Remove(node);
                _recent.AddFirst(node);
                node.Value.Holders++;
                return node.Value;
            }

            while (_recent.Count >= capacity)
            {
                Unlist(_recent.Last!);
            }

            block = new CacheBlock(index, ArrayPool<byte>.Shared.Rent(blockSize)) { Holders = 2 };
            _listed.Add(index, _recent.AddFirst(block));
            _loads++;
        }

        _ = LoadAsync(block);
        return block;
    }

    public void Release(CacheBlock block)
    {
        lock (_gate)
        {
            block.Holders--;
            ReturnIfUnused(block);
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _disposed = true;
            while (_recent.Last is { } last)
            {
                Unlist(last);
            }

            if (_loads == 0)
            {
                _drained.TrySetResult();
            }
        }

        await _drained.Task.ConfigureAwait(false);
    }

    /// <summary>The load is nobody's and everybody's: a reader that gives up must not fail the others.</summary>
    async Task LoadAsync(CacheBlock block)
    {
        Exception? failure = null;
        try
        {
            var offset = block.Index * blockSize;
            var length = (int)Math.Min(blockSize, inner.Length - offset);
            await inner.ReadAsync(offset, block.Bytes.AsMemory(0, length), CancellationToken.None).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // It is handed to every reader.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failure = exception;
        }

        lock (_gate)
        {
            if (failure is not null && block.IsListed)
            {
                Unlist(_listed[block.Index]);
            }

            block.Holders--;
            ReturnIfUnused(block);
            if (--_loads == 0 && _disposed)
            {
                _drained.TrySetResult();
            }
        }

        block.Complete(failure);
    }

    void Unlist(LinkedListNode<CacheBlock> node)
    {
        _recent.Remove(node);
        _listed.Remove(node.Value.Index);
        node.Value.IsListed = false;
        ReturnIfUnused(node.Value);
    }

    static void ReturnIfUnused(CacheBlock block)
    {
        if (block.Holders == 0 && !block.IsListed)
        {
            ArrayPool<byte>.Shared.Return(block.Bytes);
        }
    }
}
