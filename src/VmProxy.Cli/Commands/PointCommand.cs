using System.CommandLine;
using VmProxy.Cli.Output;
using VmProxy.Engine.Points;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy point show|delete|hold|release</c>: one restore point.</summary>
static class PointCommand
{
    public static Command Create(CommandRunner runner) => new("point", "Look at one restore point, delete or protect it.")
    {
        PointShowCommand.Create(runner), Delete(runner), Hold(runner), Release(runner),
    };

    public static Argument<string> Id() => new("POINT") { Description = "The point's id, or a unique beginning of it." };

    static Command Delete(CommandRunner runner)
    {
        var id = Id();
        var force = new Option<bool>("--force") { Description = "Delete even the VM's newest good point." };
        var command = new Command("delete", "Delete a restore point; a prune reclaims its space.") { id, force };
        SetAction(runner, command, (care, parsed, cancellationToken) =>
            care.DeleteAsync(parsed.GetRequiredValue(id), parsed.GetValue(force), cancellationToken));
        return command;
    }

    static Command Hold(CommandRunner runner)
    {
        var id = Id();
        var reason = new Option<string?>("--reason") { Description = "Why, for those who come later.", HelpName = "TEXT" };
        var command = new Command("hold", "Protect a restore point from prunes and deletion.") { id, reason };
        SetAction(runner, command, (care, parsed, cancellationToken) =>
            care.HoldAsync(parsed.GetRequiredValue(id), parsed.GetValue(reason), cancellationToken));
        return command;
    }

    static Command Release(CommandRunner runner)
    {
        var id = Id();
        var command = new Command("release", "End the protection of a restore point.") { id };
        SetAction(runner, command, (care, parsed, cancellationToken) => care.ReleaseAsync(parsed.GetRequiredValue(id), cancellationToken));
        return command;
    }

    static void SetAction(CommandRunner runner, Command command, Func<PointCare, ParseResult, CancellationToken, Task<PointChange>> change) =>
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            var changed = await change(new PointCare(context.Session), parsed, cancellationToken).ConfigureAwait(false);
            context.Write(changed, ResultJson.Default.PointChange, console => console.Line(
                $"{changed.Point} of {changed.VirtualMachine} is {changed.State}."));
            return ExitCodes.Done;
        });
}
