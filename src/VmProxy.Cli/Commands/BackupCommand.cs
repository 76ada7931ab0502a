using System.CommandLine;
using VmProxy.Cli.Output;
using VmProxy.Engine.Backup;
using VmProxy.Engine.Configuration;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy backup</c>: backs VMs up, now.</summary>
static class BackupCommand
{
    public static Command Create(CommandRunner runner)
    {
        var job = new Option<string?>("--job") { Description = "The job to run (default: the only job of the configuration).", HelpName = "J" };
        var vms = new Option<string[]>("--vm") { Description = "Back up this VM only; may be given several times.", HelpName = "NAME" };
        var level = new Option<string?>("--level") { Description = "How much to read (default: the job's level).", HelpName = "full|incremental|differential" };
        level.AcceptOnlyFromAmong("full", "incremental", "differential");
        var mode = new Option<string>("--mode") { Description = "What to take.", DefaultValueFactory = _ => "image" };
        mode.AcceptOnlyFromAmong("image");
        var transports = new Option<string?>("--transport") { Description = "Allowed transports in order, separated by commas.", HelpName = "LIST" };
        transports.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } list && (Transports(list) is var names) && (names.Length == 0 || names.Except(TransportSettings.Names).Any()))
            {
                result.AddError($"--transport '{list}': allowed are {string.Join(", ", TransportSettings.Names)}, separated by commas.");
            }
        });
        var command = new Command("backup", "Back up virtual machines now.") { job, vms, level, mode, transports };
        runner.SetAction(command, async (context, parsed, cancellationToken) =>
        {
            var request = new BackupRequest
            {
                Job = parsed.GetValue(job),
                VirtualMachines = parsed.GetValue(vms) ?? [],
                Level = parsed.GetValue(level) is { } name ? Enum.Parse<BackupLevel>(name, ignoreCase: true) : null,
                Transports = parsed.GetValue(transports) is { } list ? Transports(list) : null,
            };
            var report = await RunAsync(context, request, cancellationToken).ConfigureAwait(false);
            if (report.Error is { } cancelled)
            {
                await context.Terminal.Errors.WriteLineAsync($"vmproxy: {cancelled}").ConfigureAwait(false);
            }

            context.Write(report, ResultJson.Default.BackupReport, console => BackupTable.Write(console, report));
            return Outcomes.ExitCode(report.Outcome);
        });
        return command;
    }

    static async Task<BackupReport> RunAsync(CommandContext context, BackupRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await ProgressDisplay.RunAsync(
                context.Terminal, progress => new BackupJob(context.Session, progress).RunAsync(request, cancellationToken)).ConfigureAwait(false);
        }
        catch (BackupCancelledException cancelled)
        {
            return cancelled.Report;
        }
    }

    static string[] Transports(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
