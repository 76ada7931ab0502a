using VmProxy.Catalog;

namespace VmProxy.Engine.Sessions;

/// <summary>
/// The names of the moments that a run passes (<see cref="ICheckpoints"/>). All of them are here, so that a test can crash at each, and a change
/// that is journalled but not tested shows.
/// </summary>
static class Moments
{
    /// <summary>The entry is about to be written; nothing was changed.</summary>
    public const string Planning = "planning";

    /// <summary>The entry is written; the change is about to be made.</summary>
    public const string Planned = "planned";

    /// <summary>The change is made; the entry does not know yet.</summary>
    public const string Made = "made";

    /// <summary>The change is undone, or was not made; the entry does not know yet.</summary>
    public const string Gone = "gone";

    /// <summary>Follows <see cref="Made"/> and <see cref="Gone"/>: the entry knows.</summary>
    public const string Recorded = "recorded";

    public const string CommitBefore = "commit.before";
    public const string CommitAfter = "commit.after";

    /// <summary>In a reset of change tracking: it is off, and not on again.</summary>
    public const string TrackingOff = "tracking.off";

    /// <summary>A janitor's run has taken an entry over.</summary>
    public const string SweepTaken = "sweep.taken";

    /// <summary>A janitor has undone a change; the entry does not know yet.</summary>
    public const string SweepUndone = "sweep.undone";

    /// <summary>A janitor has closed an entry.</summary>
    public const string SweepClosed = "sweep.closed";

    /// <summary>A janitor has written an entry for a snapshot that its mark alone proves to be ours.</summary>
    public const string SweepAdopted = "sweep.adopted";

    /// <summary>All of them, but for the heartbeat, which belongs to no step.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. Enum.GetValues<JournalKind>().SelectMany(
            kind => new[] { Planning, Planned, Made, $"{Made}.{Recorded}", Gone, $"{Gone}.{Recorded}" }.Select(moment => Of(kind, moment))),
        CommitBefore, CommitAfter, TrackingOff, SweepTaken, SweepUndone, SweepClosed, SweepAdopted,
    ];

    /// <summary>A moment of a journalled change.</summary>
    public static string Of(JournalKind kind, string moment) => kind switch
    {
        JournalKind.Snapshot => $"snapshot.{moment}",
        JournalKind.Attach => $"attach.{moment}",
        JournalKind.ChangeTracking => $"tracking.{moment}",
        _ => $"{kind.ToString().ToLowerInvariant()}.{moment}",
    };
}
