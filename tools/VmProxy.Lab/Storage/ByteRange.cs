namespace VmProxy.Lab.Storage;

/// <summary>A stretch of a disk, in bytes.</summary>
public readonly record struct ByteRange(long Start, long Length)
{
    public long End => Start + Length;

    /// <summary>Sorts ranges and joins those that touch or overlap.</summary>
    internal static List<ByteRange> Union(IEnumerable<ByteRange> ranges)
    {
        var union = new List<ByteRange>();
        foreach (var range in ranges.OrderBy(range => range.Start))
        {
            if (union.Count > 0 && range.Start <= union[^1].End)
            {
                union[^1] = new ByteRange(union[^1].Start, Math.Max(union[^1].End, range.End) - union[^1].Start);
            }
            else
            {
                union.Add(range);
            }
        }

        return union;
    }

    /// <summary>Grows the range to whole blocks, but not beyond the end of the disk.</summary>
    internal ByteRange Align(long block, long limit)
    {
        var start = Start / block * block;
        return new ByteRange(start, Math.Min(limit, (End + block - 1) / block * block) - start);
    }
}
