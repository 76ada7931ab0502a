namespace VmProxy.GuestFiles;

/// <summary>A file's content on its clusters. Where the chain ends too soon reading fails there, and not before.</summary>
/// <param name="heap">The volume's clusters.</param>
/// <param name="chain">The file's clusters.</param>
/// <param name="length">Bytes of the file.</param>
/// <param name="validLength">Bytes that were written; behind them are zeros.</param>
/// <param name="subject">The file, as the subject of errors.</param>
sealed class ClusterContent(ClusterHeap heap, ClusterChain chain, long length, long validLength, string subject) : MappedContent(heap.Reader.Device, length, subject)
{
    protected override ValueTask<ContentPiece> PieceAtAsync(long offset, CancellationToken cancellationToken)
    {
        if (offset >= validLength)
        {
            return ValueTask.FromResult(new ContentPiece(validLength, Length - validLength, ContentPiece.Zero));
        }

        if (offset >= chain.Length)
        {
            throw GuestFileException.Damaged(
                Subject, $"{Subject} has {Length} bytes, and its clusters end at byte {chain.Length}. {chain.Problem?.Message ?? "The chain of clusters is too short."}");
        }

        var piece = chain.At(offset);
        return ValueTask.FromResult(piece.End > validLength ? piece with { Length = validLength - piece.Offset } : piece);
    }
}
