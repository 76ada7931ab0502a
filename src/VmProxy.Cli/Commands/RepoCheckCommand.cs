using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Spectre.Console;
using VmProxy.Cli.Output;
using VmProxy.Engine.Care;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy repo check</c>: proof that the repository holds what was written.</summary>
static class RepoCheckCommand
{
    // A lost pack hits many ranges of many points: people read the first ones, programs read the JSON.
    const int ShownRanges = 3;
    const int ShownUses = 20;

    public static Command Create(CommandRunner runner)
    {
        var name = RepoCommand.Name();
        var readData = new Option<bool>("--read-data") { Description = "Read and prove every byte of the packs too." };
        var subset = new Option<double?>("--read-data-subset")
        {
            Description = "Read this part of the packs, those first that were not read for the longest time.", HelpName = "PERCENT", CustomParser = ParsePercent,
        };
        var budget = new Option<TimeSpan?>("--time-budget")
        {
            Description = "Read packs until this time has passed, oldest first.", HelpName = "30m", CustomParser = ParseTime,
        };
        var rebuild = RepoCheckRebuild.Option();
        var command = new Command("check", "Prove that a repository holds what was written.") { name, readData, subset, budget, rebuild };
        runner.SetRepositoryAction(command, async (context, parsed, cancellationToken) =>
        {
            if (parsed.GetValue(rebuild))
            {
                return await RepoCheckRebuild.RunAsync(context, parsed.GetValue(name), cancellationToken).ConfigureAwait(false);
            }

            var request = new CheckRequest(parsed.GetValue(readData), parsed.GetValue(subset), parsed.GetValue(budget));
            var report = await ProgressDisplay.RunAsync(
                context.Terminal,
                progress => new RepositoryCheck(context.Session, progress).RunAsync(parsed.GetValue(name), request, cancellationToken)).ConfigureAwait(false);
            context.Write(report, ResultJson.Default.RepositoryCheckReport, console => Write(console, report));
            return Outcomes.ExitCode(report.Outcome);
        });
        return command;
    }

    static void Write(IAnsiConsole console, RepositoryCheckReport report)
    {
        var facts = Tables.Facts();
        facts.Row("Repository", $"{report.Name} ({report.Id})");
        facts.Row("Points", Text(report.Points));
        facts.Row("Objects", Text(report.Objects));
        facts.Row("Packs read", $"{report.PacksRead} of {report.Packs} ({Sizes.Text(report.ReadBytes)})");
        facts.Row("Longest unread", report.PacksNeverRead > 0 ? $"{report.PacksNeverRead} packs were never read" : report.OldestRead?.ToString("u", CultureInfo.InvariantCulture) ?? "-");
        facts.Row("Result", report.Findings switch
        {
            [] => "clean",
            var findings when findings.Any(finding => finding.LosesData) => "DAMAGED: restore points or keys are hit",
            _ => "damaged, but no restore point is hit",
        });
        if (report.NotKept is { } reason)
        {
            facts.Row("Not kept", reason);
        }

        console.Print(facts);
        if (report.Findings.Count == 0)
        {
            return;
        }

        var table = Tables.Create("OBJECT", "OFFSET>", "BYTES>", "FINDING~");
        foreach (var finding in report.Findings)
        {
            table.Row(finding.Object, Text(finding.Offset), Text(finding.Length), $"{finding.Message} [{finding.Code}]");
        }

        console.WriteLine();
        console.Print(table);
        WriteUses(console, [.. report.Findings.SelectMany(finding => finding.Uses)]);
    }

    static void WriteUses(IAnsiConsole console, List<LostRanges> uses)
    {
        if (uses.Count == 0)
        {
            return;
        }

        var table = Tables.Create("POINT", "VM", "DISK", "LOST>", "RANGES~");
        var hit = uses.GroupBy(use => (use.Point, use.VirtualMachine, use.Disk)).ToList();
        foreach (var disk in hit.Take(ShownUses))
        {
            LostRange[] ranges = [.. disk.SelectMany(use => use.Ranges).OrderBy(range => range.Offset)];
            var more = ranges.Length > ShownRanges ? $" and {ranges.Length - ShownRanges} more" : "";
            table.Row(
                disk.Key.Point, disk.Key.VirtualMachine, disk.Key.Disk, Sizes.Text(ranges.Sum(range => range.Length)),
                string.Join(", ", ranges.Take(ShownRanges).Select(range => $"{range.Length} bytes at {range.Offset}")) + more);
        }

        console.WriteLine();
        console.Print(table);
        if (hit.Count > ShownUses)
        {
            console.Line($"and {hit.Count - ShownUses} more disks of points; --json names them all.");
        }

        console.Line("The next backup of each VM reads what is lost again and stores it anew: its point is whole, and these points too where the disk still holds the same.");
    }

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    static double? ParsePercent(ArgumentResult result)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (double.TryParse(text.TrimEnd('%'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent is > 0 and <= 100)
        {
            return percent;
        }

        result.AddError($"'{text}' is no part of the packs: give a percentage above 0 to 100, such as 5%.");
        return null;
    }

    static TimeSpan? ParseTime(ArgumentResult result)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        var unit = text.Length == 0 ? TimeSpan.Zero : text[^1] switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            _ => TimeSpan.Zero,
        };
        if (unit > TimeSpan.Zero && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0)
        {
            return count * unit;
        }

        result.AddError($"'{text}' is no time: give a number and s, m or h, such as 30m.");
        return null;
    }
}
