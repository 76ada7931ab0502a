namespace VmProxy.Blocks.Tests.Views;

/// <summary>A device whose reads wait until the test lets them go.</summary>
sealed class GatedBlockDevice(byte[] content) : IBlockDevice
{
    TaskCompletionSource _gate = new();

    public byte[] Content => content;

    public int Reads { get; private set; }

    public long Length => content.Length;

    public int SectorSize => 512;

    public int PreferredReadSize => 4096;

    public int MaxInFlight => 4;

    /// <summary>Ends the reads that wait and those to come, well or badly.</summary>
    public void Open(Exception? failure)
    {
        var old = _gate;
        _gate = new TaskCompletionSource();
        foreach (var gate in new[] { old, _gate })
        {
            if (failure is null)
            {
                gate.TrySetResult();
            }
        }

        if (failure is not null)
        {
            old.TrySetException(failure);
        }
    }

    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Reads++;
        await _gate.Task.WaitAsync(cancellationToken);
        content.AsSpan((int)offset, buffer.Length).CopyTo(buffer.Span);
    }

    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken) =>
        BlockRunExtensions.Single(offset, length, BlockRunKind.Data);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
