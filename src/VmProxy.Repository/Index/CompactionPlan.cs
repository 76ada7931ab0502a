namespace VmProxy.Repository.Index;

/// <summary>
/// Which segments to merge. Every segment that names a deleted pack; and, when there are many, the small ones up to where the next one is
/// larger than all before it together. So each record is rewritten about once each time the repository doubles, and segments stay few.
/// </summary>
internal static class CompactionPlan
{
    /// <summary>More segments than these make lookups slower than they need be.</summary>
    public const int ManySegments = 16;

    public static IReadOnlyList<IndexSegment> Choose(IReadOnlyList<IndexSegment> segments, IReadOnlySet<RandomId> gone, int maxRecords)
    {
        var chosen = segments.Where(segment => segment.Packs.Any(pack => gone.Contains(pack.Header.Id))).ToHashSet();
        if (segments.Count > ManySegments)
        {
            // Two of more than half the limit would come out as two again.
            var sum = 0L;
            foreach (var segment in segments.Where(segment => segment.Count <= maxRecords / 2).OrderBy(segment => segment.Count))
            {
                if (sum > 0 && segment.Count > sum && segment.Count > SmallRecords)
                {
                    break;
                }

                sum += segment.Count;
                chosen.Add(segment);
            }
        }

        return [.. chosen];
    }

    // What a session writes at once when much is new.
    const int SmallRecords = 128 << 10;
}
