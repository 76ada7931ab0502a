namespace VmProxy.GuestFiles;

/// <summary>The clusters of a FAT or exFAT volume, and the chains that they make.</summary>
/// <param name="Reader">The volume.</param>
/// <param name="Subject">The volume's name.</param>
/// <param name="Offset">First byte of the first cluster.</param>
/// <param name="ClusterSize">Bytes of a cluster.</param>
/// <param name="Links">The file allocation table.</param>
sealed record ClusterHeap(GuestReader Reader, string Subject, long Offset, int ClusterSize, ClusterLinks Links)
{
    /// <summary>First byte of a cluster.</summary>
    public long Place(uint cluster) => Offset + ((long)(cluster - ClusterLinks.First) * ClusterSize);

    /// <summary>Clusters that so many bytes need.</summary>
    public long ClustersOf(long bytes) => (bytes / ClusterSize) + (bytes % ClusterSize == 0 ? 0 : 1);

    /// <summary>Clusters that follow each other without a chain.</summary>
    public ClusterChain Contiguous(uint first, long clusters)
    {
        var chain = new ClusterChain(this);
        var there = Links.IsCluster(first) ? Math.Min(clusters, Links.Last - first + 1L) : 0;
        chain.Add(first, there);
        if (there < clusters)
        {
            chain.Problem = GuestFileException.Damaged(Subject, $"A file on {Subject} would have {clusters} clusters from {first}, behind the last one, {Links.Last}.").ToProblem();
        }

        return chain;
    }

    /// <summary>Follows a chain up to so many clusters. What is wrong with it is in <see cref="ClusterChain.Problem"/>, and the clusters before that are there.</summary>
    public async ValueTask<ClusterChain> FollowAsync(uint first, long atMost, CancellationToken cancellationToken)
    {
        var chain = new ClusterChain(this);
        if (!Links.IsCluster(first))
        {
            chain.Problem = GuestFileException.Damaged(Subject, $"A chain of clusters on {Subject} would begin with {first}, which is none.").ToProblem();
            return chain;
        }

        // Brent's way to find a circle: a mark that moves on at powers of two is met again.
        var (mark, power, steps) = (first, 1L, 0L);
        var links = Links.Walk();
        try
        {
            for (uint? next = first; next is { } cluster;)
            {
                chain.Add(cluster, 1);
                if (chain.Clusters >= atMost)
                {
                    break;
                }

                cancellationToken.ThrowIfCancellationRequested();
                next = await links.NextAsync(cluster, cancellationToken).ConfigureAwait(false);
                if (next == mark)
                {
                    throw GuestFileException.Damaged(Subject, $"A chain of clusters on {Subject} leads in a circle at cluster {mark}.");
                }

                if (++steps == power && next is { } further)
                {
                    (mark, power, steps) = (further, power * 2, 0);
                }
            }
        }
        catch (GuestFileException exception)
        {
            chain.Problem = exception.ToProblem();
        }

        return chain;
    }
}
