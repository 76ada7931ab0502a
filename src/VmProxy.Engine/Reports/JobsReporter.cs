using VmProxy.Catalog;

namespace VmProxy.Engine.Reports;

/// <summary>Reports what the backups of a night did. It asks the catalog only, so it works when vCenter or a repository is away.</summary>
/// <param name="session">What it works with.</param>
public sealed class JobsReporter(ProxySession session)
{
    /// <summary>A run may go on for long; one that began earlier still belongs to the night in which it ended.</summary>
    static readonly TimeSpan LongestRun = TimeSpan.FromDays(3);

    /// <summary>The runs that went on at some moment of this time before now.</summary>
    /// <exception cref="CatalogException">The catalog cannot be read.</exception>
    public async Task<JobsReport> RunAsync(TimeSpan back, CancellationToken cancellationToken)
    {
        var now = session.Time.GetUtcNow();
        var catalog = await session.CatalogAsync(cancellationToken).ConfigureAwait(false);
        var runs = await catalog.Runs.ListAsync(new RunFilter { Kind = RunKind.Backup, Since = now - back - LongestRun }, cancellationToken)
            .ConfigureAwait(false);
        List<RunSummary> summaries = [];
        foreach (var run in runs.Where(run => (run.EndedAt ?? now) >= now - back).Reverse())
        {
            summaries.Add(Summary(run, await catalog.Runs.ListVmsAsync(run.Id, cancellationToken).ConfigureAwait(false)));
        }

        return new JobsReport(now, now - back, summaries);
    }

    static RunSummary Summary(RunRecord run, IReadOnlyList<RunVmResult> vms) => new()
    {
        Id = run.Id,
        Job = run.Start.Job,
        Level = run.Start.RequestedLevel,
        Started = run.StartedAt,
        Ended = run.EndedAt,
        Outcome = run.Outcome switch
        {
            RunOutcome.Running => RunResult.Running,
            RunOutcome.Succeeded => RunResult.Succeeded,
            RunOutcome.Warning => RunResult.Warning,
            RunOutcome.Cancelled => RunResult.Cancelled,
            RunOutcome.Crashed => RunResult.Crashed,
            _ => RunResult.Failed,
        },
        Error = run.Error,
        VirtualMachines = [.. vms.Select(Summary).OrderBy(Weight).ThenBy(vm => vm.Name, StringComparer.Ordinal)],
    };

    static RunVmSummary Summary(RunVmResult vm) => new()
    {
        Name = vm.VmName,
        Outcome = vm.Outcome switch
        {
            VmOutcome.Succeeded => VmResult.Succeeded,
            VmOutcome.Warning => VmResult.Warning,
            VmOutcome.Skipped => VmResult.Skipped,
            _ => VmResult.Failed,
        },
        Point = vm.PointId,
        Level = vm.Level,
        Started = vm.StartedAt,
        Ended = vm.EndedAt,
        ChangedBytes = vm.ChangedBytes,
        ReadBytes = vm.ReadBytes,
        StoredBytes = vm.StoredBytes,
        Warnings = [.. vm.Reasons.Where(reason => reason.Severity == ReasonSeverity.Warning).Select(reason => new CodedText(reason.Code, reason.Text))],
        Error = vm.Error is { } error ? new CodedText(vm.ErrorCode ?? "", error) : null,
    };

    static int Weight(RunVmSummary vm) => vm.Outcome switch
    {
        VmResult.Failed => 0,
        VmResult.Warning => 1,
        VmResult.Skipped => 2,
        _ => 3,
    };
}
