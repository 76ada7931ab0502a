namespace VmProxy.GuestFiles;

/// <summary>Where the clusters of an attribute lie: its run lists ("mapping pairs") put together. Runs follow each other without a gap from cluster 0.</summary>
sealed class NtfsRunList
{
    // A run takes two bytes on the disk at least; a list that is longer than any real one is refused rather than kept.
    const int MaxRuns = 8 * 1024 * 1024;

    // More clusters than any volume can hold, and few enough that no offset in bytes overflows.
    const long MaxClusters = 1L << 41;

    readonly List<NtfsRun> _runs = [];

    /// <summary>Clusters that are mapped.</summary>
    public long Clusters { get; private set; }

    public IReadOnlyList<NtfsRun> Runs => _runs;

    /// <summary>Adds the next part of the attribute.</summary>
    /// <param name="part">The part, which must begin where the ones before ended.</param>
    /// <param name="volumeClusters">Clusters of the volume.</param>
    /// <param name="subject">The attribute, for errors.</param>
    /// <exception cref="GuestFileException">The run list is damaged.</exception>
    public void Add(in NtfsAttribute part, long volumeClusters, string subject)
    {
        if (part.LowestVcn != Clusters)
        {
            throw GuestFileException.Damaged(subject, $"The run list of {subject} continues at cluster {part.LowestVcn} and not at {Clusters}.");
        }

        if (part.HighestVcn >= MaxClusters)
        {
            throw Wrong(subject);
        }

        var bytes = part.Runs;
        long lcn = 0;
        while (!bytes.IsEmpty && bytes[0] != 0)
        {
            var (lengthBytes, lcnBytes) = (bytes[0] & 0xF, bytes[0] >> 4);
            if (lengthBytes is 0 or > 8 || lcnBytes > 8 || bytes.Length < 1 + lengthBytes + lcnBytes)
            {
                throw Wrong(subject);
            }

            var length = Signed(bytes.Slice(1, lengthBytes));
            lcn = unchecked(lcn + Signed(bytes.Slice(1 + lengthBytes, lcnBytes)));
            var isOutside = lcnBytes != 0 && (lcn < 0 || lcn > volumeClusters || length > volumeClusters - lcn);
            if (length <= 0 || length > part.HighestVcn + 1 - Clusters || isOutside || _runs.Count == MaxRuns)
            {
                throw Wrong(subject);
            }

            Append(new NtfsRun(Clusters, length, lcnBytes == 0 ? NtfsRun.Hole : lcn));
            bytes = bytes[(1 + lengthBytes + lcnBytes)..];
        }

        if (Clusters != part.HighestVcn + 1)
        {
            throw GuestFileException.Damaged(subject, $"The run list of {subject} ends at cluster {Clusters} and not at {part.HighestVcn + 1}.");
        }
    }

    /// <summary>The run that holds a cluster, which is mapped.</summary>
    public NtfsRun At(long vcn) => _runs[IndexOf(vcn)];

    /// <summary>The index of the run that holds a cluster, which is mapped.</summary>
    public int IndexOf(long vcn)
    {
        var (low, high) = (0, _runs.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = _runs[middle].Vcn <= vcn ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    void Append(NtfsRun run)
    {
        Clusters = run.End;
        if (_runs.Count > 0 && _runs[^1] is var last && (run.Lcn == NtfsRun.Hole ? last.Lcn == NtfsRun.Hole : last.Lcn != NtfsRun.Hole && last.Lcn + last.Length == run.Lcn))
        {
            _runs[^1] = last with { Length = last.Length + run.Length };
            return;
        }

        _runs.Add(run);
    }

    static GuestFileException Wrong(string subject) =>
        GuestFileException.Damaged(subject, $"The run list of {subject} is damaged: it leads out of the volume, or is cut.");

    static long Signed(ReadOnlySpan<byte> bytes)
    {
        long value = 0;
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }

        var unused = 64 - (bytes.Length * 8);
        return bytes.IsEmpty ? 0 : value << unused >> unused;
    }
}
