namespace VmProxy.Catalog;

/// <summary>What a run did for one VM.</summary>
public sealed record RunVmResult
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>The VM.</summary>
    public required VmKey Vm { get; init; }

    /// <summary>The VM's name then.</summary>
    public required string VmName { get; init; }

    /// <summary>The VM's managed object reference then.</summary>
    public required string VmMoRef { get; init; }

    /// <summary>How it ended.</summary>
    public required VmOutcome Outcome { get; init; }

    /// <summary>When its turn began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When its turn ended.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>The restore point that was made, or that was worked on.</summary>
    public string? PointId { get; init; }

    /// <summary>The level that was really done.</summary>
    public string? Level { get; init; }

    /// <summary>Whether the guest was quiesced; null when there was no snapshot.</summary>
    public bool? Quiesced { get; init; }

    /// <summary>Sum of the sizes of the disks that were worked on.</summary>
    public long CapacityBytes { get; init; }

    /// <summary>Bytes that had changed.</summary>
    public long ChangedBytes { get; init; }

    /// <summary>Bytes read from the source.</summary>
    public long ReadBytes { get; init; }

    /// <summary>Bytes of data added to the repository.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Bytes of metadata added to the repository.</summary>
    public long MetadataBytes { get; init; }

    /// <summary>Stable code of the failure.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>The failure for people: object, step, what next.</summary>
    public string? Error { get; init; }

    /// <summary>Every decision taken for the user, and everything left out, in order.</summary>
    public IReadOnlyList<ResultReason> Reasons { get; init; } = [];
}

/// <summary>One recorded decision or finding.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="Code">Stable code.</param>
/// <param name="Text">For people.</param>
/// <param name="DiskKey">The disk that it is about; null when it is about the VM.</param>
public sealed record ResultReason(ReasonSeverity Severity, string Code, string Text, int? DiskKey = null);

/// <summary>How much a reason matters.</summary>
public enum ReasonSeverity
{
    /// <summary>A normal choice, recorded.</summary>
    Info,

    /// <summary>Something was skipped or downgraded: exit code 3.</summary>
    Warning,

    /// <summary>Part of a failure.</summary>
    Error,
}

/// <summary>How a VM fared in a run.</summary>
public enum VmOutcome
{
    /// <summary>All of it was done.</summary>
    Succeeded,

    /// <summary>Done, but something was skipped or downgraded.</summary>
    Warning,

    /// <summary>Failed: no point was made.</summary>
    Failed,

    /// <summary>Left out, with the reason.</summary>
    Skipped,
}
