using System.Globalization;
using Spectre.Console;
using VmProxy.Engine.Reports;

namespace VmProxy.Cli.Output;

/// <summary>The jobs report for people at a terminal.</summary>
static class JobsTable
{
    public static void Write(IAnsiConsole console, JobsReport report)
    {
        if (report.Runs.Count == 0)
        {
            console.Line($"No backup went on since {ReportText.Minute(report.Since)} UTC.");
            return;
        }

        var table = Tables.Create("JOB", "STARTED (UTC)", "VM", "RESULT", "LEVEL", "CHANGED>", "READ>", "STORED>", "TOOK>", "POINT");
        foreach (var run in report.Runs)
        {
            table.Row(run.Job ?? "-", ReportText.Minute(run.Started), "", JobsText.Word(run.Outcome), run.Level ?? "-", "", "", "", JobsText.Took(run, "-"), "");
            foreach (var vm in run.VirtualMachines)
            {
                table.Row(
                    "", "", vm.Name, JobsText.Word(vm.Outcome), vm.Level ?? "-", Sizes.Text(vm.ChangedBytes), Sizes.Text(vm.ReadBytes), Sizes.Text(vm.StoredBytes),
                    Sizes.Text(vm.Ended - vm.Started), vm.Point ?? "-");
            }
        }

        console.Print(table);
        var totals = report.Totals;
        console.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{totals.Succeeded} done, {totals.Warnings} with warnings, {totals.Failed} failed, {totals.Skipped} left out; {Sizes.Text(totals.ChangedBytes)} changed, {Sizes.Text(totals.StoredBytes)} stored."));
        foreach (var run in report.Runs)
        {
            foreach (var vm in run.VirtualMachines)
            {
                foreach (var text in JobsText.Findings(vm))
                {
                    console.Line(text);
                }
            }

            if (run.Error is { } error && !run.VirtualMachines.Any(vm => vm.Error?.Text == error))
            {
                console.Line($"run {run.Id}: {error}");
            }
        }
    }
}
