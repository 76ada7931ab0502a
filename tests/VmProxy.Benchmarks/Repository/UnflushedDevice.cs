using VmProxy.Blocks;

namespace VmProxy.Benchmarks.Repository;

/// <summary>A disk that is not synced at the end: restic and borg do not sync what they restore either.</summary>
sealed class UnflushedDevice(IWritableBlockDevice inner) : IWritableBlockDevice
{
    public long Length => inner.Length;

    public int SectorSize => inner.SectorSize;

    public int PreferredReadSize => inner.PreferredReadSize;

    public int MaxInFlight => inner.MaxInFlight;

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) => inner.ReadAsync(offset, buffer, cancellationToken);

    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken) => inner.RunsAsync(offset, length, cancellationToken);

    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken) => inner.WriteAsync(offset, buffer, cancellationToken);

    public ValueTask ZeroAsync(long offset, long length, CancellationToken cancellationToken) => inner.ZeroAsync(offset, length, cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
