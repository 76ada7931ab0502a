using VmProxy.Engine.Configuration;
using VmProxy.Repository;

namespace VmProxy.Engine.Care;

/// <summary>A wish to prune.</summary>
public sealed record PruneRequest
{
    /// <summary>The repository's name in the configuration; null for the only one.</summary>
    public string? Repository { get; init; }

    /// <summary>Changes nothing and tells what would be done.</summary>
    public bool DryRun { get; init; }

    /// <summary>Rules for all VMs in place of the configured ones; null for those.</summary>
    public KeepSettings? Keep { get; init; }

    /// <summary>How long condemned packs wait; null for the configured time.</summary>
    public TimeSpan? Grace { get; init; }
}

/// <summary>A point under the keep rules.</summary>
/// <param name="Point">Its id.</param>
/// <param name="VirtualMachine">The VM's name at the time.</param>
/// <param name="Time">When its snapshot was taken, UTC.</param>
/// <param name="Kept">Whether it stays.</param>
/// <param name="Reasons">The rules that want it.</param>
public sealed record PrunedPoint(string Point, string VirtualMachine, DateTimeOffset Time, bool Kept, IReadOnlyList<string> Reasons);

/// <summary>What a prune did, or in a dry run would have done.</summary>
public sealed record PruneResult
{
    /// <summary>The repository's name in the configuration.</summary>
    public required string Repository { get; init; }

    /// <summary>Whether nothing was changed. The amounts then tell what earlier deletions have made free, not what these would.</summary>
    public required bool DryRun { get; init; }

    /// <summary>Every point that was listed when it began, VM by VM, newest first.</summary>
    public required IReadOnlyList<PrunedPoint> Points { get; init; }

    /// <summary>Packs that nothing uses, or hardly anything: a later prune deletes them.</summary>
    public required PackAmount Condemned { get; init; }

    /// <summary>Of these, packs of which a little was in use, which was stored anew.</summary>
    public required PackAmount Rewritten { get; init; }

    /// <summary>Packs that were deleted.</summary>
    public required PackAmount Deleted { get; init; }

    /// <summary>Packs that are condemned and not yet deleted.</summary>
    public required PackAmount Waiting { get; init; }

    /// <summary>Packs that had been condemned and are in use again.</summary>
    public required PackAmount Resurrected { get; init; }

    /// <summary>Packs that stay.</summary>
    public required PackAmount InUse { get; init; }

    /// <summary>Bytes by which the repository shrank; negative when more was stored anew than deleted.</summary>
    public required long FreedBytes { get; init; }

    /// <summary>When the first waiting pack may go, if nothing else holds it back; null when none waits.</summary>
    public DateTimeOffset? NextDue { get; init; }

    /// <summary>The running backups that deletions wait for.</summary>
    public required IReadOnlyList<AwaitedBackup> WaitingFor { get; init; }

    /// <summary>Backups that had shown no sign of life for so long that they cannot be committed any more.</summary>
    public required int BackupsGivenUp { get; init; }

    /// <summary>Packs of which little is used and that stay because a part of them is damaged.</summary>
    public required IReadOnlyList<string> NotRewritable { get; init; }

    internal static PruneResult Of(string repository, IReadOnlyList<PrunedPoint> points, PruneReport report) => new()
    {
        Repository = repository,
        DryRun = report.DryRun,
        Points = points,
        Condemned = Amount(report.Condemned),
        Rewritten = Amount(report.Rewritten),
        Deleted = Amount(report.Deleted),
        Waiting = Amount(report.Waiting),
        Resurrected = Amount(report.Resurrected),
        InUse = Amount(report.Live),
        FreedBytes = report.BytesFreed,
        NextDue = report.NextDue,
        WaitingFor = [.. report.WaitingFor.Select(session => new AwaitedBackup(session.Owner, session.Started, session.LastSeen, session.ClosedAfter))],
        BackupsGivenUp = report.SessionsClosed,
        NotRewritable = report.NotRewritable,
    };

    static PackAmount Amount(PackTotals totals) => new(totals.Count, totals.Bytes);
}

/// <summary>A number of packs and their bytes.</summary>
/// <param name="Packs">Packs.</param>
/// <param name="Bytes">Their bytes.</param>
public sealed record PackAmount(int Packs, long Bytes);

/// <summary>A running backup that deletions wait for.</summary>
/// <param name="Owner">Machine and process.</param>
/// <param name="Started">When it began, by its clock.</param>
/// <param name="LastSeen">When it last showed that it lives.</param>
/// <param name="GivenUpAfter">When a prune gives it up unless it shows that it lives.</param>
public sealed record AwaitedBackup(string Owner, DateTimeOffset Started, DateTimeOffset LastSeen, DateTimeOffset GivenUpAfter);
