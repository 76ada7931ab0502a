using System.CommandLine;
using VmProxy.Cli.Output;
using VmProxy.Engine.Capacity;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy report capacity</c>: how full the datastores are.</summary>
static class ReportCommand
{
    public static Command Create(CommandRunner runner) => new("report", "Print a report.") { Capacity(runner) };

    static Command Capacity(CommandRunner runner)
    {
        var format = new Option<string?>("--format") { Description = "The form of the report (default: text, or json with --json).", HelpName = "text|json|csv|html" };
        format.AcceptOnlyFromAmong("text", "json", "csv", "html");
        var command = new Command("capacity", "Capacity and free space of every datastore.") { format };
        runner.SetAction(command, async (context, parsed, cancellationToken) =>
        {
            var report = await new CapacityReporter(context.Session).RunAsync(cancellationToken).ConfigureAwait(false);
            CapacityFormats.Write(context, report, parsed.GetValue(format) ?? (context.Json ? "json" : "text"));
            return report.Datastores.Any(datastore => datastore.BelowFloor || !datastore.Accessible) ? ExitCodes.Warnings : ExitCodes.Done;
        });
        return command;
    }
}
