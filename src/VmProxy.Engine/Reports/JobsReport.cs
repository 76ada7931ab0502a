namespace VmProxy.Engine.Reports;

/// <summary>What the backups of a night did, from the catalog.</summary>
/// <param name="Taken">When the report was made, UTC.</param>
/// <param name="Since">Runs that went on from then, UTC.</param>
/// <param name="Runs">The runs, oldest first.</param>
public sealed record JobsReport(DateTimeOffset Taken, DateTimeOffset Since, IReadOnlyList<RunSummary> Runs)
{
    /// <summary>Results of VMs, all runs together.</summary>
    public JobsTotals Totals => JobsTotals.Of(Runs);
}

/// <summary>Sums over the VMs of all runs. A VM that was backed up twice counts twice.</summary>
/// <param name="Succeeded">Done, without a warning.</param>
/// <param name="Warnings">Done with warnings.</param>
/// <param name="Failed">Failed.</param>
/// <param name="Skipped">Left out.</param>
/// <param name="ChangedBytes">Bytes that had changed.</param>
/// <param name="ReadBytes">Bytes read from the sources.</param>
/// <param name="StoredBytes">Bytes added to repositories.</param>
public sealed record JobsTotals(int Succeeded, int Warnings, int Failed, int Skipped, long ChangedBytes, long ReadBytes, long StoredBytes)
{
    internal static JobsTotals Of(IReadOnlyList<RunSummary> runs)
    {
        RunVmSummary[] vms = [.. runs.SelectMany(run => run.VirtualMachines)];
        return new JobsTotals(
            vms.Count(vm => vm.Outcome == VmResult.Succeeded), vms.Count(vm => vm.Outcome == VmResult.Warning), vms.Count(vm => vm.Outcome == VmResult.Failed),
            vms.Count(vm => vm.Outcome == VmResult.Skipped), vms.Sum(vm => vm.ChangedBytes), vms.Sum(vm => vm.ReadBytes), vms.Sum(vm => vm.StoredBytes));
    }
}

/// <summary>One run.</summary>
public sealed record RunSummary
{
    /// <summary>The run's id.</summary>
    public required string Id { get; init; }

    /// <summary>The job; null for a run without one.</summary>
    public string? Job { get; init; }

    /// <summary>The level that was asked for.</summary>
    public string? Level { get; init; }

    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it ended; null while it runs.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>How it stands or ended.</summary>
    public required RunResult Outcome { get; init; }

    /// <summary>What ended it, when that was a failure.</summary>
    public string? Error { get; init; }

    /// <summary>Its VMs: failures first, then warnings, then the others, each by name.</summary>
    public required IReadOnlyList<RunVmSummary> VirtualMachines { get; init; }
}

/// <summary>What a run did for one VM.</summary>
public sealed record RunVmSummary
{
    /// <summary>The VM's name then.</summary>
    public required string Name { get; init; }

    /// <summary>How it ended.</summary>
    public required VmResult Outcome { get; init; }

    /// <summary>The restore point; null when there is none.</summary>
    public string? Point { get; init; }

    /// <summary>The level that was really done.</summary>
    public string? Level { get; init; }

    /// <summary>When its turn began, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When its turn ended.</summary>
    public required DateTimeOffset Ended { get; init; }

    /// <summary>Bytes that had changed.</summary>
    public required long ChangedBytes { get; init; }

    /// <summary>Bytes read from the source.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>Bytes added to the repository, metadata included.</summary>
    public required long StoredBytes { get; init; }

    /// <summary>What was skipped, downgraded or noticed.</summary>
    public IReadOnlyList<CodedText> Warnings { get; init; } = [];

    /// <summary>Why there is no point.</summary>
    public CodedText? Error { get; init; }
}

/// <summary>A finding as the catalog keeps it.</summary>
/// <param name="Code">Its stable code.</param>
/// <param name="Text">The finding, for people: object, step, what happened, what next.</param>
public sealed record CodedText(string Code, string Text);

/// <summary>How a run stands or ended.</summary>
public enum RunResult
{
    /// <summary>It runs, as far as is known.</summary>
    Running,

    /// <summary>Everything was done.</summary>
    Succeeded,

    /// <summary>Done, but something was skipped or downgraded.</summary>
    Warning,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>Somebody ended it in order.</summary>
    Cancelled,

    /// <summary>Its owner died.</summary>
    Crashed,
}

/// <summary>How a VM fared in a run.</summary>
public enum VmResult
{
    /// <summary>All of it was done.</summary>
    Succeeded,

    /// <summary>Done, but something was skipped, downgraded or noticed.</summary>
    Warning,

    /// <summary>Failed: no point was made.</summary>
    Failed,

    /// <summary>Left out, with the reason.</summary>
    Skipped,
}
