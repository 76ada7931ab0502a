namespace VmProxy.Repository.Maps;

internal static class DiskRanges
{
    /// <summary>The same bytes in order, overlapping and adjacent ranges joined.</summary>
    public static IReadOnlyList<DiskRange> Merge(IEnumerable<DiskRange> ranges)
    {
        var merged = new List<DiskRange>();
        foreach (var range in ranges.OrderBy(range => range.Offset))
        {
            if (merged.Count > 0 && merged[^1] is var last && last.Offset + last.Length >= range.Offset)
            {
                merged[^1] = last with { Length = Math.Max(last.Length, range.Offset + range.Length - last.Offset) };
            }
            else
            {
                merged.Add(range);
            }
        }

        return merged;
    }
}
