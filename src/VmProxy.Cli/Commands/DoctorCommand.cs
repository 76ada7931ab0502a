using System.CommandLine;
using VmProxy.Cli.Output;
using VmProxy.Engine.Care;
using VmProxy.Engine.Compare;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy doctor</c>: is everything there that a backup needs?</summary>
static class DoctorCommand
{
    public static Command Create(CommandRunner runner)
    {
        var compare = new Option<string?>("--compare")
        {
            Description = "Read the same random blocks of this VM by every usable transport, from a snapshot, and record what that proves.", HelpName = "VM",
        };
        var command = new Command("doctor", "Check configuration, vCenter login and privileges, transports, repository and free space.") { compare };
        runner.SetAction(command, async (context, parsed, cancellationToken) =>
        {
            if (parsed.GetValue(compare) is { } vm)
            {
                var comparison = await new TransportComparison(context.Session).RunAsync(vm, cancellationToken).ConfigureAwait(false);
                context.Write(comparison, ResultJson.Default.ComparisonReport, console => ComparisonTable.Write(console, comparison));
                return Outcomes.ExitCode(comparison.Outcome);
            }

            var report = await new Doctor(context.Session).RunAsync(cancellationToken).ConfigureAwait(false);
            context.Write(report, ResultJson.Default.DoctorReport, console =>
            {
                var table = Tables.Create("CHECK", "STATUS", "FINDING~");
                foreach (var check in report.Checks)
                {
                    table.Row(check.Subject, Label(check.Status), Finding(check));
                }

                console.Print(table);
                foreach (var check in report.Checks.Where(check => check.Lines.Count > 0))
                {
                    console.Line($"[{check.Code}]");
                    foreach (var line in check.Lines)
                    {
                        console.Line($"    {line}");
                    }
                }
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

    static string Finding(DoctorCheck check) => string.Join(' ', new[]
    {
        check.Message,
        check.Code.Length == 0 ? "" : $"[{check.Code}]",
        check.Next.Length == 0 ? "" : $"Next: {check.Next}",
    }.Where(part => part.Length > 0));

    static string Label(DoctorStatus status) => status switch
    {
        DoctorStatus.Ok => "ok",
        DoctorStatus.Warning => "warning",
        _ => "FAILED",
    };
}
