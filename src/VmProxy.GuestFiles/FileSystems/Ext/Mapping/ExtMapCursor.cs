namespace VmProxy.GuestFiles;

/// <summary>Finds pieces in a map and keeps the part that was used last. Many threads may use it.</summary>
sealed class ExtMapCursor(ExtMap map, string subject)
{
    ExtMapPart? _part;

    /// <summary>The piece that holds a byte.</summary>
    /// <exception cref="GuestFileException">The map is damaged there.</exception>
    public ValueTask<ContentPiece> PieceAtAsync(long offset, CancellationToken cancellationToken) =>
        Volatile.Read(ref _part) is { } part && part.Holds(offset) ? ValueTask.FromResult(part.PieceAt(offset)) : FindAsync(offset, cancellationToken);

    async ValueTask<ContentPiece> FindAsync(long offset, CancellationToken cancellationToken)
    {
        var part = await map.PartAtAsync(offset, cancellationToken).ConfigureAwait(false);
        if (!part.Holds(offset))
        {
            throw GuestFileException.Damaged(subject, $"The map of {subject} has no piece at byte {offset}.");
        }

        Volatile.Write(ref _part, part);
        return part.PieceAt(offset);
    }
}
