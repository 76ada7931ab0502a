using VmProxy.Blocks;

namespace VmProxy.Engine.Files;

/// <summary>A content whose reading is reported. It does not own what it wraps.</summary>
sealed class ReportedContent(IBlockDevice content, string subject, IProgress<WorkProgress> progress) : IBlockDevice
{
    long _done;

    public long Length => content.Length;

    public int SectorSize => content.SectorSize;

    public int PreferredReadSize => content.PreferredReadSize;

    public int MaxInFlight => content.MaxInFlight;

    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await content.ReadAsync(offset, buffer, cancellationToken).ConfigureAwait(false);
        progress.Report(new WorkProgress(subject, Interlocked.Add(ref _done, buffer.Length), Length));
    }

    public IAsyncEnumerable<BlockRun> RunsAsync(long offset, long length, CancellationToken cancellationToken) => content.RunsAsync(offset, length, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
