namespace VmProxy.Blocks;

/// <summary>One block of a <see cref="CachedBlockDevice"/>; all but the bytes is guarded by <see cref="CacheBlocks"/>.</summary>
sealed class CacheBlock(long index, byte[] bytes)
{
    readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Index => index;

    public byte[] Bytes => bytes;

    public Task Loaded => _loaded.Task;

    /// <summary>Readers, and the load while it runs: the buffer is theirs until all have gone.</summary>
    public int Holders { get; set; }

    public bool IsListed { get; set; } = true;

    public void Complete(Exception? failure)
    {
        if (failure is null)
        {
            _loaded.SetResult();
        }
        else
        {
            _loaded.SetException(failure);
        }
    }
}
