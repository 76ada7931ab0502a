using System.Globalization;
using Spectre.Console;
using VmProxy.Engine.Capacity;
using VmProxy.Engine.Reports;

namespace VmProxy.Cli.Output;

/// <summary>The growth report for people at a terminal.</summary>
static class GrowthTable
{
    public static void Write(IAnsiConsole console, GrowthReport report)
    {
        var table = Tables.Create("REPOSITORY", "POINTS>", "DISKS KEPT>", "STORED>", "REDUCTION>", "DISK FREE>", "OF>", "LEVEL", "FULL ON");
        foreach (var row in report.Repositories)
        {
            table.Row(
                row.Name, row.Points?.ToString(CultureInfo.InvariantCulture) ?? "-", Size(row.ProtectedBytes), Size(row.StoredBytes),
                row.Reduction is { } factor ? string.Create(CultureInfo.InvariantCulture, $"{factor:0.0} x") : "-", Size(row.DiskFreeBytes), Size(row.DiskCapacityBytes),
                ReportText.Level(row.Level), ReportText.Verdict(row.Forecast));
        }

        console.Print(table);
        foreach (var row in report.Repositories.Where(row => row.Forecast.Verdict == FillVerdict.Filling))
        {
            console.Line($"{row.Name}: {ReportText.Forecast(row.Forecast)}: {ReportText.Trend(row.Forecast)}");
        }

        foreach (var warning in report.Warnings)
        {
            console.Line($"warning: {warning.Line()}");
        }
    }

    static string Size(long? bytes) => bytes is { } known ? Sizes.Text(known) : "-";
}
