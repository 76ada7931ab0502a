using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using VmProxy.Cli.Output;
using VmProxy.Engine.Care;
using VmProxy.Engine.Configuration;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy repo prune</c>: deletes the points that no keep rule wants, and reclaims what nothing uses.</summary>
static class RepoPruneCommand
{
    static readonly string[] Rules = ["last", "hourly", "daily", "weekly", "monthly", "yearly"];

    public static Command Create(CommandRunner runner)
    {
        var name = RepoCommand.Name();
        var dryRun = new Option<bool>("--dry-run", "-n") { Description = "Only tell what would be done." };
        var grace = new Option<TimeSpan?>("--grace")
        {
            Description = "How long to wait between finding that nothing uses a pack and deleting it, as hh:mm:ss (default: PruneGrace of the configuration).",
            HelpName = "TIME",
            CustomParser = result =>
            {
                if (!TimeSpan.TryParseExact(result.Tokens[0].Value, [@"hh\:mm\:ss", @"d\.hh\:mm\:ss"], CultureInfo.InvariantCulture, out var time))
                {
                    result.AddError($"'{result.Tokens[0].Value}' is no time. Allowed: hh:mm:ss, or d.hh:mm:ss.");
                }

                return time;
            },
        };
        var rules = Rules.ToDictionary(rule => rule, Rule);
        var command = new Command("prune", "Delete the points that no keep rule wants, and reclaim what nothing uses.") { name, dryRun, grace };
        foreach (var rule in rules.Values)
        {
            command.Add(rule);
        }

        command.Validators.Add(result =>
        {
            // By their words: the value of an option that is wrong in itself cannot be had here.
            string?[] given = [.. rules.Values.Select(rule => result.GetResult(rule) is { Tokens: [var token, ..] } ? token.Value : null).OfType<string>()];
            if (given.Length > 0 && given.All(count => count == "0"))
            {
                result.AddError("No --keep option is above 0: that would keep one point a VM. Leave them out to use the configured rules.");
            }
        });
        runner.SetAction(command, async (context, parsed, cancellationToken) =>
        {
            var request = new PruneRequest
            {
                Repository = parsed.GetValue(name),
                DryRun = parsed.GetValue(dryRun),
                Grace = parsed.GetValue(grace),
                Keep = rules.Values.All(rule => parsed.GetValue(rule) is null) ? null : new KeepSettings
                {
                    Last = parsed.GetValue(rules["last"]) ?? 0,
                    Hourly = parsed.GetValue(rules["hourly"]) ?? 0,
                    Daily = parsed.GetValue(rules["daily"]) ?? 0,
                    Weekly = parsed.GetValue(rules["weekly"]) ?? 0,
                    Monthly = parsed.GetValue(rules["monthly"]) ?? 0,
                    Yearly = parsed.GetValue(rules["yearly"]) ?? 0,
                },
            };
            var pruned = await ProgressDisplay.RunAsync(
                context.Terminal, progress => new RepositoryPrune(context.Session, progress).RunAsync(request, cancellationToken)).ConfigureAwait(false);
            context.Write(pruned, ResultJson.Default.PruneResult, console => Print(console, pruned));
            return ExitCodes.Done;
        });
        return command;
    }

    static Option<int?> Rule(string rule) => new($"--keep-{rule}")
    {
        Description = rule == "last"
            ? "Keep the newest N points of each VM, in place of the configured rules."
            : string.Create(CultureInfo.InvariantCulture, $"Keep the newest point of each of the last N {Period(rule)} that have one."),
        HelpName = "N",
        CustomParser = result =>
        {
            if (!int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                result.AddError($"'{result.Tokens[0].Value}' is no number of points to keep.");
            }

            return count;
        },
    };

    static string Period(string rule) => rule switch
    {
        "hourly" => "hours",
        "daily" => "days",
        "weekly" => "weeks",
        "monthly" => "months",
        _ => "years",
    };

    static void Print(IAnsiConsole console, PruneResult pruned)
    {
        var points = Tables.Create("POINT", "VM", "TIME (UTC)", "RESULT", "WANTED BY~");
        foreach (var point in pruned.Points)
        {
            points.Row(
                point.Point, point.VirtualMachine, point.Time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                point.Kept ? "kept" : pruned.DryRun ? "would go" : "deleted", string.Join(", ", point.Reasons));
        }

        console.Print(points);
        console.WriteLine();
        var facts = Tables.Facts();
        facts.Row(pruned.DryRun ? "Would be condemned" : "Condemned", Text(pruned.Condemned));
        facts.Row("  of these rewritten", Text(pruned.Rewritten));
        facts.Row(pruned.DryRun ? "Would be deleted" : "Deleted", Text(pruned.Deleted));
        facts.Row("Waiting to be deleted", pruned.NextDue is { } due
            ? $"{Text(pruned.Waiting)}, from {due.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC"
            : Text(pruned.Waiting));
        facts.Row("In use", Text(pruned.InUse));
        facts.Row("Freed", Sizes.Text(pruned.FreedBytes));
        console.Print(facts);
        foreach (var waiting in pruned.WaitingFor)
        {
            console.Line($"waiting for the backup of {waiting.Owner} that began {waiting.Started.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
        }

        foreach (var pack in pruned.NotRewritable)
        {
            console.Line($"not rewritten, for a part of it is damaged: {pack}. Run vmproxy repo check --read-data.");
        }
    }

    static string Text(PackAmount amount) => string.Create(CultureInfo.InvariantCulture, $"{amount.Packs} packs, {Sizes.Text(amount.Bytes)}");
}
