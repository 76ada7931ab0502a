using VmProxy.Engine.Commands;
using VmProxy.Engine.Configuration;
using VmProxy.Engine.Failures;
using VmProxy.Engine.Sessions;

namespace VmProxy.Engine.Backup;

/// <summary>The commands before and after a job. When the first fails nothing is backed up; once it has begun, the second runs in any case.</summary>
sealed class JobCommands(ProxySession session, string runId, JobSettings job, BackupLevel level, OpenedRepository repository, OpenedVcenter vcenter)
{
    readonly List<CommandReport> _commands = [];

    /// <summary>Runs the commands around the job.</summary>
    /// <exception cref="EngineException">With <see cref="ReasonCodes.CommandBeforeFailed"/>: nothing was begun.</exception>
    public async Task<BackupReport> AroundAsync(Func<Task<BackupReport>> backUp, CancellationToken cancellationToken)
    {
        BackupReport? report = null;
        var owed = job.BeforeJobCommand.Count == 0;
        try
        {
            if (job.BeforeJobCommand.Count > 0)
            {
                var before = await RunAsync("before-job", job.BeforeJobCommand, Facts(), cancellationToken).ConfigureAwait(false);
                owed = before.Started;
                cancellationToken.ThrowIfCancellationRequested();
                Require(before);
            }

            report = await backUp().ConfigureAwait(false);
        }
        finally
        {
            if (owed && job.AfterJobCommand.Count > 0)
            {
                // No cancellation ends it: what the first command began wants an end.
                await RunAsync("after-job", job.AfterJobCommand, Facts(report), CancellationToken.None).ConfigureAwait(false);
            }
        }

        return _commands is [.., { Step: "after-job", Succeeded: false } after]
            ? report with
            {
                Commands = _commands,
                Outcome = report.Outcome == Outcome.Failed ? Outcome.Failed : Outcome.Warning,
                Warnings = [.. report.Warnings, new Failure(
                    ReasonCodes.CommandAfterFailed, $"job {job.Name}", "run the command after the job", $"{after.Program}: {after.Why}.",
                    "Its output is in the result; the points are not concerned.")],
            }
            : report with { Commands = _commands };
    }

    async Task<CommandReport> RunAsync(string step, IReadOnlyList<string> command, Dictionary<string, string> facts, CancellationToken cancellationToken)
    {
        facts["VMPROXY_STEP"] = step;
        var report = await new ProxyCommand(command, job.JobCommandTimeout, session.Time).RunAsync(step, facts, cancellationToken).ConfigureAwait(false);
        _commands.Add(report);
        return report;
    }

    void Require(CommandReport before)
    {
        if (!before.Succeeded)
        {
            throw new EngineException(
                ReasonCodes.CommandBeforeFailed, $"job {job.Name}", "run the command before the job", $"{before.Program}: {before.Why}. Nothing was backed up.{Said(before)}",
                "Correct the command, or take BeforeJobCommand out of the job.");
        }
    }

    static string Said(CommandReport command) => command.Output.Length == 0 ? "" : $" It wrote: {command.Output.Trim()}";

    Dictionary<string, string> Facts() => CommandFacts.Of(runId, job, level, repository.Settings, vcenter.Name);

    Dictionary<string, string> Facts(BackupReport? report)
    {
        var facts = Facts();
        facts["VMPROXY_OUTCOME"] = CommandFacts.Word(report?.Outcome ?? Outcome.Failed);
        facts["VMPROXY_POINTS"] = string.Join('\n', report?.VirtualMachines.Select(vm => vm.Point).OfType<string>() ?? []);
        facts["VMPROXY_VMS"] = string.Join('\n', report?.VirtualMachines.Select(vm => vm.Name) ?? []);
        facts["VMPROXY_VMS_FAILED"] = string.Join('\n', report?.VirtualMachines.Where(vm => vm.Outcome == Outcome.Failed).Select(vm => vm.Name) ?? []);
        return facts;
    }
}
