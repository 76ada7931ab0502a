namespace VmProxy.Vsphere;

/// <summary>A stretch of a disk.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes; never 0.</param>
public readonly record struct ByteRange(long Offset, long Length)
{
    /// <summary>The byte after the last.</summary>
    public long End => Offset + Length;

    /// <summary>
    /// Sorts, joins what overlaps or touches, and cuts to <paramref name="capacity"/>. A server may list areas in any order, twice, and past the
    /// end of the disk (requirement 6).
    /// </summary>
    public static IReadOnlyList<ByteRange> Normalize(IEnumerable<ByteRange> ranges, long capacity)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        List<ByteRange> merged = [];
        foreach (var range in ranges.Where(range => range.Length > 0 && range.Offset < capacity).OrderBy(range => range.Offset))
        {
            long offset = Math.Max(0, range.Offset);
            long end = range.Length > capacity - range.Offset ? capacity : range.End;
            if (end <= offset)
            {
                continue;
            }

            if (merged.Count > 0 && offset <= merged[^1].End)
            {
                merged[^1] = merged[^1] with { Length = Math.Max(merged[^1].End, end) - merged[^1].Offset };
            }
            else
            {
                merged.Add(new ByteRange(offset, end - offset));
            }
        }

        return merged;
    }
}
