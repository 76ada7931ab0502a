using VmProxy.Blocks;

namespace VmProxy.GuestFiles;

/// <summary>An attribute whose bytes lie in clusters as they are.</summary>
sealed class NtfsContent(IBlockDevice device, int clusterSize, NtfsRunList runs, long size, long initialized, string subject)
    : MappedContent(device, size, subject)
{
    protected override ValueTask<ContentPiece> PieceAtAsync(long offset, CancellationToken cancellationToken)
    {
        if (offset / clusterSize >= runs.Clusters)
        {
            throw GuestFileException.Damaged(Subject, $"The run list of {Subject} ends at cluster {runs.Clusters}, before byte {offset}.");
        }

        var run = runs.At(offset / clusterSize);
        var start = run.Vcn * clusterSize;
        var length = Math.Min(run.Length * clusterSize, Length - start);
        return ValueTask.FromResult(
            run.Lcn == NtfsRun.Hole ? new ContentPiece(start, length, ContentPiece.Hole)
            : offset >= initialized ? new ContentPiece(offset, start + length - offset, ContentPiece.Zero)
            : new ContentPiece(start, Math.Min(length, initialized - start), run.Lcn * clusterSize));
    }
}
