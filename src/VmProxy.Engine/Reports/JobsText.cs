namespace VmProxy.Engine.Reports;

/// <summary>Words that every form of the jobs report shares.</summary>
public static class JobsText
{
    /// <summary>How a VM fared, in a word.</summary>
    public static string Word(VmResult outcome) => outcome switch
    {
        VmResult.Succeeded => "done",
        VmResult.Warning => "warning",
        VmResult.Skipped => "left out",
        _ => "FAILED",
    };

    /// <summary>How a run stands, in a word.</summary>
    public static string Word(RunResult outcome) => outcome switch
    {
        RunResult.Running => "running",
        RunResult.Succeeded => "done",
        RunResult.Warning => "warning",
        RunResult.Cancelled => "cancelled",
        RunResult.Crashed => "CRASHED",
        _ => "FAILED",
    };

    /// <summary>Everything that somebody should know of a VM's result: the error, then the warnings, each with its code.</summary>
    public static IEnumerable<string> Findings(RunVmSummary vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return new[] { vm.Error }.OfType<CodedText>().Concat(vm.Warnings).Select(finding => finding.Text);
    }

    /// <summary>How long a run took, or other words while it runs.</summary>
    public static string Took(RunSummary run, string running)
    {
        ArgumentNullException.ThrowIfNull(run);
        return run.Ended is { } ended ? Sizes.Text(ended - run.Started) : running;
    }

    internal static string Kind(VmResult outcome) => outcome switch
    {
        VmResult.Succeeded => "fine",
        VmResult.Failed => "critical",
        _ => "warning",
    };

    internal static string Kind(RunResult outcome) => outcome switch
    {
        RunResult.Succeeded => "fine",
        RunResult.Failed or RunResult.Crashed => "critical",
        RunResult.Running => "",
        _ => "warning",
    };
}
