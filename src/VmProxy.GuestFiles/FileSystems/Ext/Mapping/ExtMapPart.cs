namespace VmProxy.GuestFiles;

/// <summary>A stretch of a file's map that was read at once, such as one extent block. Its pieces cover it without a gap.</summary>
sealed class ExtMapPart(List<ContentPiece> pieces)
{
    public long First => pieces[0].Offset;

    public long End => pieces[^1].End;

    public bool Holds(long offset) => offset >= First && offset < End;

    /// <summary>The piece that holds a byte of this part.</summary>
    public ContentPiece PieceAt(long offset)
    {
        var (low, high) = (0, pieces.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (pieces[middle].Offset <= offset)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return pieces[low];
    }

    /// <summary>A part that is one piece.</summary>
    public static ExtMapPart Of(long first, long end, long source) => new([new ContentPiece(first, end - first, source)]);
}
