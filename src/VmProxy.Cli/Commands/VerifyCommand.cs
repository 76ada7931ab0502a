using System.CommandLine;
using VmProxy.Cli.Output;
using VmProxy.Engine.Verify;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy verify</c>: proof that points can be restored.</summary>
static class VerifyCommand
{
    public static Command Create(CommandRunner runner)
    {
        var point = new Argument<string?>("POINT") { Description = "The point's id, or a unique beginning of it (default: all points).", Arity = ArgumentArity.ZeroOrOne };
        var level = new Option<string>("--level") { Description = "How deep the proof goes.", DefaultValueFactory = _ => "hash" };
        level.AcceptOnlyFromAmong("hash");
        var command = new Command("verify", "Prove that restore points are whole.") { point, level };
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            var report = await ProgressDisplay.RunAsync(
                context.Terminal,
                progress => new VerifyPoints(context.Session, progress).RunAsync(parsed.GetValue(point), cancellationToken)).ConfigureAwait(false);
            context.Write(report, ResultJson.Default.VerifyReport, console =>
            {
                var table = Tables.Create("POINT", "VM", "RESULT", "CHECKED>", "FINDINGS~");
                foreach (var verified in report.Points)
                {
                    table.Row(
                        verified.Point, verified.VirtualMachine, verified.Whole ? "whole" : "DAMAGED", Sizes.Text(verified.CheckedBytes),
                        string.Join("; ", verified.Damage));
                }

                console.Print(table);
            });
            return report.Points.All(verified => verified.Whole) ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }
}
