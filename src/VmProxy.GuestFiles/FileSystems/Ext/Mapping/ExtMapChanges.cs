namespace VmProxy.GuestFiles;

/// <summary>Ranges of a map that were changed, the later over the earlier; in blocks. A source is a block of the volume, <see cref="ContentPiece.Hole"/> or <see cref="ContentPiece.Zero"/>.</summary>
sealed class ExtMapChanges
{
    readonly List<(long First, long End, long Source)> _ranges = [];

    /// <summary>Changes a range.</summary>
    public void Set(long first, long count, long source)
    {
        var end = first + count;
        var kept = new List<(long First, long End, long Source)>();
        foreach (var range in _ranges)
        {
            if (range.First < first)
            {
                kept.Add(range with { End = Math.Min(range.End, first) });
            }

            if (range.End > end)
            {
                var skipped = Math.Max(range.First, end);
                kept.Add((skipped, range.End, range.Source < 0 ? range.Source : range.Source + (skipped - range.First)));
            }
        }

        kept.Add((first, end, source));
        kept.Sort((one, other) => one.First.CompareTo(other.First));
        _ranges.Clear();
        _ranges.AddRange(kept);
    }

    /// <summary>The range that holds a block, or the gap around it with a null source.</summary>
    public (long First, long End, long? Source) At(long block)
    {
        var (first, end) = (0L, long.MaxValue);
        foreach (var range in _ranges)
        {
            if (range.First <= block && block < range.End)
            {
                return range;
            }

            if (range.End <= block)
            {
                first = range.End;
            }
            else
            {
                end = range.First;
                break;
            }
        }

        return (first, end, null);
    }
}

/// <summary>A map with some of its ranges changed.</summary>
sealed class ChangedMap(ExtVolume volume, ExtMap map, ExtMapChanges changes, string subject) : ExtMap(volume, subject)
{
    public override async ValueTask<ExtMapPart> PartAtAsync(long offset, CancellationToken cancellationToken)
    {
        var (first, end, source) = changes.At(offset / BlockSize);
        var last = end > Infinity / BlockSize ? Infinity : end * BlockSize;
        if (source is { } changed)
        {
            return ExtMapPart.Of(first * BlockSize, last, changed < 0 ? changed : changed * BlockSize);
        }

        var piece = (await map.PartAtAsync(offset, cancellationToken).ConfigureAwait(false)).PieceAt(offset);
        var begin = Math.Max(piece.Offset, first * BlockSize);
        return ExtMapPart.Of(begin, Math.Min(piece.End, last), piece.Source < 0 ? piece.Source : piece.Source + (begin - piece.Offset));
    }
}
