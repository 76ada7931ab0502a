using System.Globalization;
using Microsoft.Extensions.Logging;
using VmProxy.Engine.Commands;
using VmProxy.Engine.Failures;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>
/// The job's commands around the snapshot. Once the freeze command has begun, the thaw command runs in any case: also when the freeze or the
/// snapshot failed, and when the run is cancelled.
/// </summary>
/// <param name="context">What the VMs of the run share.</param>
/// <param name="vm">The VM.</param>
/// <param name="reports">Receives what each command did.</param>
/// <param name="warnings">Receives a thaw that failed: the snapshot, and so the point, is good all the same.</param>
sealed class FreezeAndThaw(SnapshotContext context, VirtualMachine vm, ICollection<CommandReport> reports, ICollection<Failure> warnings)
{
    const int ThawAttempts = 2;

    /// <summary>Freezes, takes the snapshot and thaws.</summary>
    /// <exception cref="EngineException">With <see cref="ReasonCodes.FreezeFailed"/>: no snapshot was made.</exception>
    public async Task<SnapshotCreated> AroundAsync(Func<Task<SnapshotCreated>> take, CancellationToken cancellationToken)
    {
        CommandReport? freeze = null;
        SnapshotCreated? taken = null;
        var owed = context.Job.FreezeCommand.Count == 0;
        try
        {
            if (context.Job.FreezeCommand.Count > 0)
            {
                // What holds the VM, a migration for example, is waited for before: nobody should be frozen that long.
                await context.Vcenter.Connection.Tasks.SettleAsync(vm.Id, vm.Name, cancellationToken).ConfigureAwait(false);
                freeze = await RunAsync("freeze", context.Job.FreezeCommand, Facts(), cancellationToken).ConfigureAwait(false);
                owed = freeze.Started;
                RequireFrozen(freeze, cancellationToken);
            }

            taken = await take().ConfigureAwait(false);
            return taken;
        }
        finally
        {
            if (owed && context.Job.ThawCommand.Count > 0)
            {
                await ThawAsync(freeze, taken).ConfigureAwait(false);
            }
        }
    }

    void RequireFrozen(CommandReport freeze, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!freeze.Succeeded)
        {
            throw new EngineException(
                ReasonCodes.FreezeFailed, vm.Name, "freeze before the snapshot", $"{freeze.Program}: {freeze.Why}. No snapshot was made.",
                "Its output is in the result. Correct the command, or take FreezeCommand out of the job.");
        }
    }

    async Task ThawAsync(CommandReport? freeze, SnapshotCreated? taken)
    {
        var facts = Facts();
        facts["VMPROXY_FREEZE"] = freeze switch { null => "none", { Succeeded: true } => "done", _ => "failed" };
        facts["VMPROXY_SNAPSHOT"] = taken?.Snapshot.Value ?? "";
        CommandReport thaw;
        var attempt = 0;
        do
        {
            // No cancellation ends a thaw: what stays frozen does harm.
            thaw = await RunAsync("thaw", context.Job.ThawCommand, facts, CancellationToken.None).ConfigureAwait(false);
        }
        while (!thaw.Succeeded && ++attempt < ThawAttempts);

        if (!thaw.Succeeded)
        {
            var failure = new Failure(
                ReasonCodes.ThawFailed, vm.Name,
                freeze is { Succeeded: false } ? "thaw after the failed freeze" : taken is null ? "thaw without a snapshot" : "thaw after the snapshot", $"{thaw.Program}, tried {ThawAttempts} times: {thaw.Why}. What it should thaw may still be frozen.",
                "Thaw it by hand now; the command's output is in the result.");
            context.Log.LogError("{Failure}", failure);
            warnings.Add(failure);
        }
    }

    async Task<CommandReport> RunAsync(
        string step, IReadOnlyList<string> command, Dictionary<string, string> facts, CancellationToken cancellationToken)
    {
        facts["VMPROXY_STEP"] = step;
        var report = await new ProxyCommand(command, context.Job.CommandTimeout, context.Time).RunAsync(step, facts, cancellationToken).ConfigureAwait(false);
        reports.Add(report);
        context.Log.LogInformation(
            "{Vm}: {Step} by {Program} took {Milliseconds} ms and ended with {End}", vm.Name, step, report.Program, report.Milliseconds,
            report.Problem ?? report.ExitCode?.ToString(CultureInfo.InvariantCulture));
        return report;
    }

    Dictionary<string, string> Facts() => CommandFacts.Of(context, vm);
}
