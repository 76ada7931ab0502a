using System.CommandLine;
using VmProxy.Cli.Output;
using VmProxy.Engine.Care;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy cbt</c>: care of changed block tracking.</summary>
static class CbtCommand
{
    public static Command Create(CommandRunner runner) => new("cbt", "Care of changed block tracking.") { Reset(runner) };

    static Command Reset(CommandRunner runner)
    {
        var vm = new Option<string>("--vm") { Description = "The virtual machine.", HelpName = "NAME", Required = true };
        var vcenter = new Option<string?>("--vcenter") { Description = "Its vCenter (default: the only one of the configuration).", HelpName = "V" };
        var command = new Command(
            "reset", "Switch changed block tracking off and on again, with a snapshot made and removed after each. Only without snapshots; the next backup is a full.")
        {
            vm, vcenter,
        };
        runner.SetAction(command, async (context, parsed, cancellationToken) =>
        {
            var report = await new ChangeTrackingReset(context.Session)
                .RunAsync(parsed.GetValue(vcenter), parsed.GetRequiredValue(vm), cancellationToken).ConfigureAwait(false);
            context.Write(
                report, ResultJson.Default.ChangeTrackingResetReport,
                console => console.Line($"{report.VirtualMachine}: changed block tracking was reset; its next backup is a full [{report.Code}]"));
            return ExitCodes.Done;
        });
        return command;
    }
}
