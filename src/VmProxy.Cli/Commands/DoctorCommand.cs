using System.CommandLine;
using VmProxy.Cli.Output;
using VmProxy.Engine.Care;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy doctor</c>: is everything there that a backup needs?</summary>
static class DoctorCommand
{
    public static Command Create(CommandRunner runner)
    {
        var command = new Command("doctor", "Check configuration, vCenter login and privileges, transports, repository and free space.");
        runner.SetAction(command, async (context, _, cancellationToken) =>
        {
            var report = await new Doctor(context.Session).RunAsync(cancellationToken).ConfigureAwait(false);
            context.Write(report, ResultJson.Default.DoctorReport, console =>
            {
                var table = Tables.Create("CHECK", "STATUS", "FINDING", "NEXT");
                foreach (var check in report.Checks)
                {
                    table.Row(check.Subject, Label(check.Status), check.Code.Length == 0 ? check.Message : $"{check.Message} [{check.Code}]", check.Next);
                }

                console.Write(table);
            });
            return report.Status switch
            {
                DoctorStatus.Ok => ExitCodes.Done,
                DoctorStatus.Warning => ExitCodes.Warnings,
                _ => ExitCodes.Failed,
            };
        });
        return command;
    }

    static string Label(DoctorStatus status) => status switch
    {
        DoctorStatus.Ok => "ok",
        DoctorStatus.Warning => "warning",
        _ => "FAILED",
    };
}
