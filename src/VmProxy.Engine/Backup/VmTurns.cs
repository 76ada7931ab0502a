using VmProxy.Catalog;
using VmProxy.Engine.Failures;
using VmProxy.Transports;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>The VMs of a run take their turns, as many at a time as the job allows; each one's result is recorded when it is there.</summary>
sealed class VmTurns(BackupContext context, BackupRequest request)
{
    /// <summary>Backs all of them up.</summary>
    /// <param name="vms">The VMs, in the order in which they begin.</param>
    /// <param name="caller">Cancelled when somebody ends the run: then the report tells which VMs were done.</param>
    /// <param name="cancellationToken">Cancelled by the caller, or with the run's lease.</param>
    public async Task<VmReport[]> RunAsync(IReadOnlyList<VirtualMachine> vms, CancellationToken caller, CancellationToken cancellationToken)
    {
        var reports = new VmReport?[vms.Count];
        // As many again as work at the same time may stand aside, waiting for room or their turn.
        var options = new ParallelOptions { MaxDegreeOfParallelism = 2 * context.Job.Limits.ConcurrentVms, CancellationToken = cancellationToken };
        try
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, vms.Count), options, async (index, token) =>
            {
                await context.VmSlots.WaitAsync(token).ConfigureAwait(false);
                try
                {
                    reports[index] = await BackUpAsync(vms[index], token).ConfigureAwait(false);
                }
                finally
                {
                    context.VmSlots.Release();
                }
            }).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (caller.IsCancellationRequested)
        {
            // Hours of work may be done: whoever cancels wants to know what.
        }

        return [.. reports.Select((report, index) => report ?? new VmReport
        {
            Name = vms[index].Name,
            InstanceUuid = vms[index].InstanceUuid,
            Outcome = Outcome.Failed,
            Error = Cancelled(vms[index].Name, "It was not backed up."),
        })];
    }

    /// <summary>What is said of a VM whose turn came too late.</summary>
    public static Failure WindowClosed(string vm, DateTimeOffset closed) => new(
        ReasonCodes.WindowClosed, vm, "wait for its turn", $"It was not done: the job's window closed at {closed.UtcDateTime:yyyy-MM-dd HH:mm} UTC, before its turn came.",
        "Widen the window (Schedule:Windows), or let more go on at once (Limits, VmProxy:Guard).");

    /// <summary>What is said of a cancelled run, and of a VM that it did not come to.</summary>
    public static Failure Cancelled(string obj, string consequence) =>
        new(ReasonCodes.Cancelled, obj, "back up", $"The command was cancelled; what it had begun was undone. {consequence}", "Run it again.");

    /// <summary>What is said of a result that the catalog could not take.</summary>
    public static Failure CatalogBehind(string obj, string step, CatalogException exception) =>
        new(ReasonCodes.CatalogBehind, obj, step, exception.Message, "The points themselves are not concerned.");

    async Task<VmReport> BackUpAsync(VirtualMachine vm, CancellationToken cancellationToken)
    {
        var began = context.Time.GetUtcNow();
        var report = Skipped(vm) ?? TooLate(vm, began)
            ?? await new AroundVm(context, vm).RunAsync(() => new VmBackup(context, vm).RunAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        return await RecordAsync(vm, report with { InstanceUuid = vm.InstanceUuid }, began).ConfigureAwait(false);
    }

    /// <summary>What was done is told whether or not the run was cancelled since.</summary>
    async Task<VmReport> RecordAsync(VirtualMachine vm, VmReport report, DateTimeOffset began)
    {
        try
        {
            await context.Catalog.Runs
                .RecordVmAsync(RunResults.Of(context, vm, report, began, context.Time.GetUtcNow()), CancellationToken.None).ConfigureAwait(false);
            return report;
        }
        catch (CatalogException exception)
        {
            return report with
            {
                Outcome = report.Outcome == Outcome.Failed ? Outcome.Failed : Outcome.Warning,
                Warnings = [.. report.Warnings, CatalogBehind(vm.Name, "record the result in the catalog", exception)],
            };
        }
    }

    /// <summary>
    /// Within a job, a VM that cannot be backed up by its nature is skipped with a warning; one that was named is a failure, but for a template: that
    /// is no VM that failed (vSphere requirement 12). The proxy itself is one of them where nothing but hot-add could read it: a selection that is wide enough to hold it must not fail every night.
    /// </summary>
    VmReport? Skipped(VirtualMachine vm)
    {
        if (request.VirtualMachines.Count == 0 && IsUnreadableProxy(vm))
        {
            return new VmReport
            {
                Name = vm.Name,
                Outcome = Outcome.Warning,
                Warnings = [new Failure(
                    TransportCodes.VmIsProxy, vm.Name, "judge the VM", "It was not backed up: it is the proxy itself, whose disks no allowed transport reads.", "Exclude it from the job.")],
            };
        }

        var refusals = Eligibility.Judge(vm).Findings.Where(finding => finding.Kind == FindingKind.Refusal).ToArray();
        return refusals.Length == 0 || (request.VirtualMachines.Count > 0 && !vm.IsTemplate) ? null : new VmReport
        {
            Name = vm.Name,
            Outcome = Outcome.Warning,
            Warnings = [.. refusals.Select(refusal => new Failure(
                refusal.Code, vm.Name, "judge the VM", $"It was not backed up: {refusal.Reason}.",
                refusal.Next.Length > 0 ? refusal.Next : "Exclude it from the job, or back it up from inside."))],
        };
    }

    bool IsUnreadableProxy(VirtualMachine vm) => vm.Disks.Count > 0 && vm.Disks.All(disk =>
        context.Transports.Choose(vm, disk) is { Candidates.Count: 0 } choice
        && choice.Verdicts.Any(verdict => verdict.Reasons.Any(reason => reason.Code == TransportCodes.VmIsProxy)));

    /// <summary>The window closed before its turn came. It is a failure: somebody counts on this VM's point.</summary>
    VmReport? TooLate(VirtualMachine vm, DateTimeOffset now) => request.BeginUntil is not { } until || now < until ? null : new VmReport
    {
        Name = vm.Name,
        Outcome = Outcome.Failed,
        Error = WindowClosed(vm.Name, until),
    };
}
