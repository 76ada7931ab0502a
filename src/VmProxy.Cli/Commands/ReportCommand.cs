using System.CommandLine;
using VmProxy.Cli.Output;
using VmProxy.Engine.Capacity;
using VmProxy.Engine.Reports;

namespace VmProxy.Cli.Commands;

/// <summary><c>vmproxy report capacity|jobs|growth</c>. Exit code 3 says that a report holds something that somebody should look at.</summary>
static class ReportCommand
{
    const int HoursOfANight = 24;

    public static Command Create(CommandRunner runner) => new("report", "Print a report.") { Capacity(runner), Jobs(runner), Growth(runner) };

    static Command Capacity(CommandRunner runner)
    {
        var format = Format();
        var files = new Option<bool>("--files") { Description = "Search the datastores for files that nothing refers to (hosts read every folder; else the last search is shown)." };
        var command = new Command("capacity", "How full every datastore is, what fills it, and when it will be full.") { format, files };
        runner.SetAction(command, async (context, parsed, cancellationToken) =>
        {
            var search = parsed.GetValue(files) ? FileSearch.Now : FileSearch.Never;
            var report = await new CapacitySampler(context.Session).SampleAsync(search, cancellationToken).ConfigureAwait(false);
            Write(context, parsed.GetValue(format), new Forms<CapacityReport>(
                report, ResultJson.Default.CapacityReport, CapacityTable.Write, CapacityCsv.Write, it => CapacityHtml.Write(it, context.Session.Settings.Guard)));
            var all = report.Datastores.All(datastore => datastore is { Level: CapacityLevel.Fine, BelowFloor: false, Accessible: true });
            return all && report.Warnings.Count == 0 ? ExitCodes.Done : ExitCodes.Warnings;
        });
        return command;
    }

    static Command Jobs(CommandRunner runner)
    {
        var format = Format();
        var hours = new Option<int>("--hours")
        {
            Description = $"How far back to look (default: {HoursOfANight}).", HelpName = "N", DefaultValueFactory = _ => HoursOfANight,
        };
        hours.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 24 * 366)
            {
                result.AddError("--hours: from 1 to 8784.");
            }
        });
        var command = new Command("jobs", "What last night's backups did, from the catalog.") { format, hours };
        runner.SetAction(command, async (context, parsed, cancellationToken) =>
        {
            var report = await new JobsReporter(context.Session).RunAsync(TimeSpan.FromHours(parsed.GetValue(hours)), cancellationToken).ConfigureAwait(false);
            Write(context, parsed.GetValue(format), new Forms<JobsReport>(report, ResultJson.Default.JobsReport, JobsTable.Write, JobsCsv.Write, JobsHtml.Write));
            var all = report.Runs.All(run => run.Outcome is RunResult.Succeeded or RunResult.Running && run.VirtualMachines.All(vm => vm.Outcome == VmResult.Succeeded));
            return all && report.Runs.Count > 0 ? ExitCodes.Done : ExitCodes.Warnings;
        });
        return command;
    }

    static Command Growth(CommandRunner runner)
    {
        var format = Format();
        var command = new Command("growth", "How large every repository is, and when its disk will be full.") { format };
        runner.SetAction(command, async (context, parsed, cancellationToken) =>
        {
            var report = await new GrowthReporter(context.Session).RunAsync(cancellationToken).ConfigureAwait(false);
            Write(context, parsed.GetValue(format), new Forms<GrowthReport>(
                report, ResultJson.Default.GrowthReport, GrowthTable.Write, CapacityCsv.Write, it => GrowthHtml.Write(it, context.Session.Settings.Guard)));
            return report.Warnings.Count == 0 && report.Repositories.All(row => row.Level == CapacityLevel.Fine) ? ExitCodes.Done : ExitCodes.Warnings;
        });
        return command;
    }

    static Option<string?> Format()
    {
        var format = new Option<string?>("--format") { Description = "The form of the report (default: text, or json with --json).", HelpName = "text|json|csv|html" };
        format.AcceptOnlyFromAmong("text", "json", "csv", "html");
        return format;
    }

    static void Write<T>(CommandContext context, string? format, Forms<T> forms)
    {
        switch (format ?? (context.Json ? "json" : "text"))
        {
            case "json":
                context.Terminal.Output.WriteLine(System.Text.Json.JsonSerializer.Serialize(forms.Report, forms.Json));
                break;
            case "csv":
                context.Terminal.Output.Write(forms.Csv(forms.Report));
                break;
            case "html":
                context.Terminal.Output.Write(forms.Html(forms.Report));
                break;
            default:
                forms.Text(context.Terminal.OutputConsole, forms.Report);
                break;
        }
    }

    /// <summary>A report and the ways to write it.</summary>
    sealed record Forms<T>(
        T Report, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> Json, Action<Spectre.Console.IAnsiConsole, T> Text, Func<T, string> Csv, Func<T, string> Html);
}
