using VmProxy.Blocks;
using VmProxy.Testing;

namespace VmProxy.Nbd.Tests;

/// <summary>A device whose reads wait until a test lets them go, or fail.</summary>
sealed class FaultyDevice(byte[] content) : IBlockDevice
{
    readonly MemoryBlockDevice _inner = new(content);
    int _running;
    int _peak;

    public Func<long, Exception?> Fault { get; set; } = _ => null;

    /// <summary>What reads wait for.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Whether reads wait although they are cancelled, as those of dead storage do.</summary>
    public bool IgnoresCancellation { get; set; }

    /// <summary>Released for every read that has begun.</summary>
    public SemaphoreSlim Begun { get; } = new(0);

    public int Running => Volatile.Read(ref _running);

    public int Peak => Volatile.Read(ref _peak);

    public long Length => _inner.Length;

    public int SectorSize => 512;

    public int PreferredReadSize => 256 * 1024;

    public int MaxInFlight { get; init; } = 4;

    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var running = Interlocked.Increment(ref _running);
        InterlockedMax(running);
        try
        {
            Begun.Release();
            await Gate.WaitAsync(IgnoresCancellation ? CancellationToken.None : cancellationToken);
            if (Fault(offset) is { } exception)
            {
                throw exception;
            }

            await _inner.ReadAsync(offset, buffer, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken) =>
        BlockRunExtensions.Single(offset, length, BlockRunKind.Data);

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    void InterlockedMax(int value)
    {
        int peak;
        while ((peak = Peak) < value && Interlocked.CompareExchange(ref _peak, value, peak) != peak)
        {
        }
    }
}
