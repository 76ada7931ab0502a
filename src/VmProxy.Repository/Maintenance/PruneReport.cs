namespace VmProxy.Repository;

/// <summary>What a prune did, or with <see cref="PruneOptions.DryRun"/> would have done. Packs are counted whole, with their headers.</summary>
public sealed record PruneReport
{
    /// <summary>True when nothing was changed.</summary>
    public bool DryRun { get; init; }

    /// <summary>Points whose disks are in use, deleted ones that a running backup may build on included.</summary>
    public int Points { get; init; }

    /// <summary>Deleted points whose objects were removed.</summary>
    public int PointsRemoved { get; init; }

    /// <summary>Deleted points that stay until the backups in <see cref="WaitingFor"/> have ended.</summary>
    public int PointsWaiting { get; init; }

    /// <summary>Objects of points that came after their session had been closed, removed.</summary>
    public int VoidPointsRemoved { get; init; }

    /// <summary>Sessions that were silent for longer than <see cref="PruneOptions.SessionLimit"/> and were closed.</summary>
    public int SessionsClosed { get; init; }

    /// <summary>Packs that stay in use.</summary>
    public PackTotals Live { get; init; }

    /// <summary>Packs that this run condemned: nothing refers to them, or what did was rewritten. A later run deletes them.</summary>
    public PackTotals Condemned { get; init; }

    /// <summary>Of these, packs of which little was used; their used chunks were stored anew.</summary>
    public PackTotals Rewritten { get; init; }

    /// <summary>The packs into which these chunks went.</summary>
    public PackTotals Written { get; init; }

    /// <summary>Packs that this run deleted.</summary>
    public PackTotals Deleted { get; init; }

    /// <summary>Packs that were condemned and turned out to be in use again, so that they stay.</summary>
    public PackTotals Resurrected { get; init; }

    /// <summary>Packs that are condemned and not yet deleted.</summary>
    public PackTotals Waiting { get; init; }

    /// <summary>Packs of which little is used and that cannot be rewritten, because a part of them is damaged: run a check.</summary>
    public IReadOnlyList<string> NotRewritable { get; init; } = [];

    /// <summary>The earliest time at which a condemned pack comes due, if nothing else holds it back; null when none waits.</summary>
    public DateTimeOffset? NextDue { get; init; }

    /// <summary>The backups that deletions wait for.</summary>
    public IReadOnlyList<WaitingSession> WaitingFor { get; init; } = [];

    /// <summary>Index segments that were written anew without the deleted packs.</summary>
    public int SegmentsRewritten { get; init; }

    /// <summary>Files of dead writers that were removed.</summary>
    public int TemporaryFilesRemoved { get; init; }

    /// <summary>Bytes by which the store shrank; negative when more was rewritten than deleted.</summary>
    public long BytesFreed => Deleted.Bytes - Written.Bytes;
}

/// <summary>A number of packs and their bytes.</summary>
/// <param name="Count">Packs.</param>
/// <param name="Bytes">Their bytes.</param>
public readonly record struct PackTotals(int Count, long Bytes)
{
    internal PackTotals With(long bytes) => new(Count + 1, Bytes + bytes);
}

/// <summary>A running backup that deletions wait for.</summary>
/// <param name="Id">Its session.</param>
/// <param name="Owner">Machine and process.</param>
/// <param name="Started">When it began, by its clock.</param>
/// <param name="LastSeen">When it last showed that it lives.</param>
/// <param name="ClosedAfter">When a prune closes it unless it shows that it lives.</param>
public sealed record WaitingSession(string Id, string Owner, DateTimeOffset Started, DateTimeOffset LastSeen, DateTimeOffset ClosedAfter);

/// <summary>How far a prune is.</summary>
/// <param name="Step">What it does: "points", "pages", "rewrite", "delete" or "index".</param>
/// <param name="Done">Steps of it done.</param>
/// <param name="Total">Steps in all.</param>
public readonly record struct PruneProgress(string Step, long Done, long Total);
