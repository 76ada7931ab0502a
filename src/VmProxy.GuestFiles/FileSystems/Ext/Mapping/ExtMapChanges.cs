namespace VmProxy.GuestFiles;

/// <summary>Ranges of a map that were changed, the later over the earlier; in blocks. A source is a block of the volume, <see cref="ContentPiece.Hole"/> or <see cref="ContentPiece.Zero"/>.</summary>
sealed class ExtMapChanges
{
    /// <summary>Ranges that are kept for one file: putting one between the others moves those behind it.</summary>
    const int MaxRanges = 32 * 1024;

    readonly List<(long First, long End, long Source)> _ranges = [];

    /// <summary>Changes a range.</summary>
    /// <exception cref="GuestFileException">There are too many.</exception>
    public void Set(long first, long count, long source)
    {
        if (_ranges.Count >= MaxRanges)
        {
            throw GuestFileException.Unsupported("fast commits", $"The fast commits change more than {MaxRanges} ranges of one file.");
        }

        var end = first + count;
        var from = FirstEndingAfter(first);
        var to = from;
        var kept = new List<(long First, long End, long Source)>(3);
        for (; to < _ranges.Count && _ranges[to].First < end; to++)
        {
            var range = _ranges[to];
            if (range.First < first)
            {
                kept.Add(range with { End = first });
            }

            if (range.End > end)
            {
                kept.Add((end, range.End, range.Source < 0 ? range.Source : range.Source + (end - range.First)));
            }
        }

        _ranges.RemoveRange(from, to - from);
        kept.Insert(kept.Count > 0 && kept[0].First < first ? 1 : 0, (first, end, source));
        _ranges.InsertRange(from, kept);
    }

    /// <summary>The range that holds a block, or the gap around it with a null source.</summary>
    public (long First, long End, long? Source) At(long block)
    {
        var index = FirstEndingAfter(block);
        if (index < _ranges.Count && _ranges[index].First <= block)
        {
            return _ranges[index];
        }

        return (index == 0 ? 0 : _ranges[index - 1].End, index < _ranges.Count ? _ranges[index].First : long.MaxValue, null);
    }

    int FirstEndingAfter(long block)
    {
        var (low, high) = (0, _ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].End > block)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
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
