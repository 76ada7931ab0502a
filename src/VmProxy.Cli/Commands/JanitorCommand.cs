using System.CommandLine;
using System.Globalization;
using VmProxy.Cli.Output;
using VmProxy.Engine.Care;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy janitor</c>: undoes what a crashed run left in vCenter.</summary>
static class JanitorCommand
{
    public static Command Create(CommandRunner runner)
    {
        var command = new Command("janitor", "Remove snapshots and attached disks that a crashed run of ours left behind.");
        runner.SetAction(command, async (context, _, cancellationToken) =>
        {
            var report = await new Janitor(context.Session).RunAsync(cancellationToken).ConfigureAwait(false);
            context.Write(report, ResultJson.Default.JanitorReport, console =>
            {
                foreach (var disk in report.DetachedDisks)
                {
                    console.Line($"detached: {disk}");
                }

                foreach (var snapshot in report.RemovedSnapshots)
                {
                    console.Line($"removed snapshot: {snapshot}");
                }

                foreach (var finding in report.Findings)
                {
                    console.Line($"left alone: {finding}");
                }

                foreach (var other in report.OtherSnapshots)
                {
                    console.Line(
                        $"not ours: {other.VirtualMachine} / snapshot {other.Name}, {Age(other.AgeSeconds)} old, "
                        + $"{(other.SizeBytes is { } size ? Sizes.Text(size) : "size not known")}, owner {other.Owner ?? "not known"}");
                }

                foreach (var error in report.Errors)
                {
                    console.Line($"error: {error}");
                }

                console.Line(
                    $"{report.DetachedDisks.Count} disks detached, {report.RemovedSnapshots.Count} snapshots removed, {report.ClosedEntries} journal entries "
                    + $"closed, {report.OwnedByRunningRuns} left to runs at work");
            });
            return (report.Errors.Count, report.Findings.Count) switch
            {
                ( > 0, _) => ExitCodes.Failed,
                (_, > 0) => ExitCodes.Warnings,
                _ => ExitCodes.Done,
            };
        });
        return command;
    }

    static string Age(long seconds) => TimeSpan.FromSeconds(seconds) is { TotalDays: >= 1 } age
        ? string.Create(CultureInfo.InvariantCulture, $"{age.TotalDays:0.#} days")
        : string.Create(CultureInfo.InvariantCulture, $"{TimeSpan.FromSeconds(seconds).TotalHours:0.#} hours");
}
