using VmProxy.Engine.Commands;
using VmProxy.Engine.Failures;
using VmProxy.Vsphere;

namespace VmProxy.Engine.Backup;

/// <summary>The job's commands before and after a VM. When the first fails the VM is not begun; once it has begun, the second runs in any case.</summary>
sealed class AroundVm(BackupContext context, VirtualMachine vm)
{
    /// <summary>Runs the commands around the VM's backup.</summary>
    public async Task<VmReport> RunAsync(Func<Task<VmReport>> backUp, CancellationToken cancellationToken)
    {
        List<CommandReport> commands = [];
        VmReport? report = null;
        var owed = context.Job.BeforeVmCommand.Count == 0;
        try
        {
            if (context.Job.BeforeVmCommand.Count > 0)
            {
                var before = await RunAsync("before-vm", context.Job.BeforeVmCommand, CommandFacts.Of(context, vm), cancellationToken).ConfigureAwait(false);
                commands.Add(before);
                owed = before.Started;
                cancellationToken.ThrowIfCancellationRequested();
                report = before.Succeeded ? null : Refused(before);
            }

            report ??= await backUp().ConfigureAwait(false);
        }
        finally
        {
            if (owed && context.Job.AfterVmCommand.Count > 0)
            {
                var facts = CommandFacts.Of(context, vm);
                facts["VMPROXY_OUTCOME"] = CommandFacts.Word(report?.Outcome ?? Outcome.Failed);
                facts["VMPROXY_POINT"] = report?.Point ?? "";
                // No cancellation ends it: what the first command began wants an end.
                commands.Add(await RunAsync("after-vm", context.Job.AfterVmCommand, facts, CancellationToken.None).ConfigureAwait(false));
            }
        }

        return With(report, commands);
    }

    async Task<CommandReport> RunAsync(
        string step, IReadOnlyList<string> command, Dictionary<string, string> facts, CancellationToken cancellationToken)
    {
        facts["VMPROXY_STEP"] = step;
        return await new ProxyCommand(command, context.Job.CommandTimeout, context.Time).RunAsync(step, facts, cancellationToken).ConfigureAwait(false);
    }

    VmReport Refused(CommandReport before) => new()
    {
        Name = vm.Name,
        Outcome = Outcome.Failed,
        Error = new Failure(
            ReasonCodes.CommandBeforeFailed, vm.Name, "run the command before the VM", $"{before.Program}: {before.Why}. The VM was not backed up.",
            "Its output is in the result. Correct the command, or take BeforeVmCommand out of the job."),
    };

    VmReport With(VmReport report, List<CommandReport> commands)
    {
        if (commands.Count == 0)
        {
            return report;
        }

        CommandReport[] all = [.. commands.Where(command => command.Step == "before-vm"), .. report.Commands, .. commands.Where(command => command.Step != "before-vm")];
        return commands[^1] is { Step: "after-vm", Succeeded: false } after
            ? report with
            {
                Commands = all,
                Outcome = report.Outcome == Outcome.Failed ? Outcome.Failed : Outcome.Warning,
                Warnings = [.. report.Warnings, new Failure(
                    ReasonCodes.CommandAfterFailed, vm.Name, "run the command after the VM", $"{after.Program}: {after.Why}.", "Its output is in the result; the point is not concerned.")],
            }
            : report with { Commands = all };
    }
}
