using System.Globalization;
using Spectre.Console;
using VmProxy.Engine.Capacity;
using VmProxy.Engine.Reports;

namespace VmProxy.Cli.Output;

/// <summary>The capacity report for people at a terminal: a table, then what is to be said of single datastores.</summary>
static class CapacityTable
{
    const int MostLines = 5;

    public static void Write(IAnsiConsole console, CapacityReport report)
    {
        var several = report.Datastores.Select(row => row.Vcenter).Distinct().Skip(1).Any();
        var table = Tables.Create("DATASTORE", "TYPE", "CAPACITY>", "FREE>", "FREE %>", "PROVISIONED>", "VMS>", "SNAPSHOTS>", "LEVEL", "FULL ON");
        foreach (var row in report.Datastores)
        {
            table.Row(
                several ? $"{row.Vcenter}/{row.Name}" : row.Name, row.Type, Sizes.Text(row.CapacityBytes), Sizes.Text(row.FreeBytes),
                row.FreePercent.ToString("0.0", CultureInfo.InvariantCulture),
                row.ProvisionedPercent is { } provisioned ? string.Create(CultureInfo.InvariantCulture, $"{provisioned:0} %") : "",
                row.VirtualMachines.ToString(CultureInfo.InvariantCulture),
                row.Snapshots == 0 ? "0" : $"{row.Snapshots.ToString(CultureInfo.InvariantCulture)}, {Sizes.Text(row.SnapshotBytes)}",
                row.Accessible ? ReportText.Level(row.Level) : "not accessible", ReportText.Verdict(row.Forecast));
        }

        console.Print(table);
        foreach (var line in report.Datastores.SelectMany(Lines))
        {
            console.Line(line);
        }

        foreach (var warning in report.Warnings)
        {
            console.Line($"warning: {warning.Line()}");
        }
    }

    static IEnumerable<string> Lines(DatastoreCapacity row)
    {
        IEnumerable<string> lines =
        [
            .. row.BelowFloor ? ["below the free-space floor: no snapshots are made there"] : Array.Empty<string>(),
            .. row.ProvisionedPercent > 100 ? [$"overcommitted: {Sizes.Text(row.ProvisionedBytes!.Value)} are provisioned"] : Array.Empty<string>(),
            .. row.Forecast.Verdict == FillVerdict.Filling ? [$"{ReportText.Forecast(row.Forecast)}: {ReportText.Trend(row.Forecast)}"] : Array.Empty<string>(),
            .. row.Consumers.Growth.Take(MostLines).Select(vm => $"{vm.VirtualMachine} grew by {Sizes.Text(vm.GrownBytes)} since {ReportText.Day(vm.Since)}, to {Sizes.Text(vm.Bytes)}"),
            .. row.Consumers.Snapshots.Where(snapshot => snapshot.Bytes > 0).Take(MostLines).Select(snapshot =>
                $"snapshot {snapshot.Snapshot} of {snapshot.VirtualMachine}, since {ReportText.Minute(snapshot.Created)}, takes {Sizes.Text(snapshot.Bytes!.Value)}"),
            .. row.Consumers.DeltasWithoutSnapshot.Select(delta =>
                $"{delta.VirtualMachine} has no snapshot and runs on {delta.File}, {Sizes.Text(delta.Bytes)}{(delta.ConsolidationNeeded ? ": it needs consolidation" : "")}"),
            .. Files(row.Consumers.Files),
        ];
        return lines.Select(line => $"{row.Name}: {line}");
    }

    static IEnumerable<string> Files(FileSurvey? survey) => survey switch
    {
        null => [],
        { LeftOut: { } reason } => [$"files were not judged: {reason}"],
        _ => survey.Unreferenced.Take(MostLines).Select(file => $"unreferenced in this vCenter as of {ReportText.Minute(survey.Taken)}: {file.File}, {Sizes.Text(file.Bytes)}")
            .Concat(survey.Unreferenced.Count > MostLines ? [$"and {ReportText.Count(survey.Unreferenced.Count - MostLines, "more unreferenced file")} (--format json has all)"] : []),
    };
}
