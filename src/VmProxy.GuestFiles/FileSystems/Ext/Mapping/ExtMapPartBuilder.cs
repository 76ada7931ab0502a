namespace VmProxy.GuestFiles;

/// <summary>Puts pieces together in order: gaps become holes, and neighbours that lie next to each other become one piece.</summary>
sealed class ExtMapPartBuilder(long first)
{
    readonly List<ContentPiece> _pieces = [];
    long _end = first;

    /// <summary>Adds a piece, which begins at or after the end of the last.</summary>
    public void Add(long offset, long length, long source)
    {
        if (offset > _end)
        {
            Append(_end, offset - _end, ContentPiece.Hole);
        }

        Append(offset, length, source);
    }

    /// <summary>The part, which ends at <paramref name="end"/>.</summary>
    public ExtMapPart Build(long end)
    {
        if (end > _end)
        {
            Append(_end, end - _end, ContentPiece.Hole);
        }

        return new ExtMapPart(_pieces);
    }

    void Append(long offset, long length, long source)
    {
        _end = offset + length;
        if (_pieces.Count > 0 && _pieces[^1] is var last && Continues(last, source))
        {
            _pieces[^1] = last with { Length = last.Length + length };
        }
        else
        {
            _pieces.Add(new ContentPiece(offset, length, source));
        }
    }

    static bool Continues(ContentPiece last, long source) => last.Source < 0 ? source == last.Source : source == last.Source + last.Length;
}
