namespace VmProxy.Catalog;

/// <summary>What a run sets out to do.</summary>
/// <param name="Kind">The kind of work.</param>
/// <param name="Job">The job's name; null for a run without one.</param>
/// <param name="RequestedLevel">"full", "incremental" or "differential" for a backup.</param>
/// <param name="ProgramVersion">The program's version.</param>
public sealed record RunStart(RunKind Kind, string? Job, string? RequestedLevel, string ProgramVersion);

/// <summary>A run, going on or ended.</summary>
/// <param name="Id">Short, sorts by time, never changes.</param>
/// <param name="Start">What it set out to do.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it ended or was found dead; null while it runs.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="ErrorCode">Stable code of what ended it, if a failure did.</param>
/// <param name="Error">The same for people.</param>
/// <param name="Lease">Its owner.</param>
public sealed record RunRecord(
    string Id,
    RunStart Start,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    RunOutcome Outcome,
    string? ErrorCode,
    string? Error,
    RunLease Lease);

/// <summary>Kinds of runs.</summary>
public enum RunKind
{
    /// <summary>A backup.</summary>
    Backup,

    /// <summary>A restore.</summary>
    Restore,

    /// <summary>A verification.</summary>
    Verify,

    /// <summary>Cleaning up after runs that died.</summary>
    Janitor,

    /// <summary>A comparison of transports (doctor).</summary>
    Compare,

    /// <summary>A reset of change tracking.</summary>
    ResetTracking,
}

/// <summary>How a run stands or ended.</summary>
public enum RunOutcome
{
    /// <summary>It runs, as far as is known: its lease tells whether its owner lives.</summary>
    Running,

    /// <summary>Everything was done.</summary>
    Succeeded,

    /// <summary>Done, but something was skipped or downgraded.</summary>
    Warning,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>Somebody ended it in order.</summary>
    Cancelled,

    /// <summary>Its owner died; another run found that out and took over.</summary>
    Crashed,
}

/// <summary>Which runs to list; what is null does not filter.</summary>
public sealed record RunFilter
{
    /// <summary>Only of this kind.</summary>
    public RunKind? Kind { get; init; }

    /// <summary>Only of this job.</summary>
    public string? Job { get; init; }

    /// <summary>Begun at or after this.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Only those not ended.</summary>
    public bool RunningOnly { get; init; }

    /// <summary>At most so many, the newest ones.</summary>
    public int? Limit { get; init; }
}
