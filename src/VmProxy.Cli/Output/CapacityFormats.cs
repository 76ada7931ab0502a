using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using VmProxy.Engine.Capacity;

namespace VmProxy.Cli.Output;

/// <summary>The capacity report as text, JSON, CSV and HTML.</summary>
static class CapacityFormats
{
    public static void Write(CommandContext context, CapacityReport report, string format)
    {
        switch (format)
        {
            case "json":
                context.Terminal.Output.WriteLine(JsonSerializer.Serialize(report, ResultJson.Default.CapacityReport));
                break;
            case "csv":
                context.Terminal.Output.Write(Csv(report));
                break;
            case "html":
                context.Terminal.Output.Write(Html(report));
                break;
            default:
                WriteText(context, report);
                break;
        }
    }

    static void WriteText(CommandContext context, CapacityReport report)
    {
        var several = report.Datastores.Select(row => row.Vcenter).Distinct().Skip(1).Any();
        var table = Tables.Create("DATASTORE", "TYPE", "CAPACITY>", "FREE>", "FREE %>", "PROVISIONED>", "VMS>", "SNAPSHOTS>");
        foreach (var row in report.Datastores)
        {
            table.Row(
                several ? $"{row.Vcenter}/{row.Name}" : row.Name, row.Type, Sizes.Text(row.CapacityBytes), Sizes.Text(row.FreeBytes),
                row.FreePercent.ToString("0.0", CultureInfo.InvariantCulture),
                row.ProvisionedBytes is { } provisioned ? Sizes.Text(provisioned) : "",
                row.VirtualMachines.ToString(CultureInfo.InvariantCulture), row.Snapshots.ToString(CultureInfo.InvariantCulture));
        }

        context.Terminal.OutputConsole.Print(table);
        foreach (var row in report.Datastores.Where(row => Notes(row).Length > 0))
        {
            context.Terminal.OutputConsole.Line($"{row.Name}: {Notes(row)}");
        }
    }

    static string Notes(DatastoreCapacity row) => (row.Accessible, row.BelowFloor) switch
    {
        (false, _) => "not accessible",
        (_, true) => "below the free-space floor",
        _ => "",
    };

    static string Csv(CapacityReport report)
    {
        var text = new StringBuilder("taken,vcenter,datastore,type,capacityBytes,usedBytes,freeBytes,freePercent,uncommittedBytes,virtualMachines,snapshots,oldestSnapshot,accessible,belowFloor\n");
        foreach (var row in report.Datastores)
        {
            text.AppendJoin(',', Fields(report, row).Select(Quote)).Append('\n');
        }

        return text.ToString();
    }

    static IEnumerable<string> Fields(CapacityReport report, DatastoreCapacity row) =>
    [
        Iso(report.Taken), row.Vcenter, row.Name, row.Type, Number(row.CapacityBytes), Number(row.UsedBytes), Number(row.FreeBytes),
        row.FreePercent.ToString("0.0", CultureInfo.InvariantCulture), row.UncommittedBytes is { } uncommitted ? Number(uncommitted) : "",
        Number(row.VirtualMachines), Number(row.Snapshots), row.OldestSnapshot is { } oldest ? Iso(oldest) : "",
        row.Accessible ? "true" : "false", row.BelowFloor ? "true" : "false",
    ];

    /// <summary>RFC 4180; a leading formula character is defused, for the file will be opened in a spreadsheet.</summary>
    static string Quote(string field)
    {
        var safe = field.Length > 0 && field[0] is '=' or '+' or '-' or '@' ? "'" + field : field;
        return safe.AsSpan().IndexOfAny(",\"\r\n") < 0 ? safe : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    static string Html(CapacityReport report)
    {
        var rows = new StringBuilder();
        foreach (var row in report.Datastores)
        {
            var cells = new[]
            {
                row.Vcenter, row.Name, row.Type, Sizes.Text(row.CapacityBytes), Sizes.Text(row.UsedBytes), Sizes.Text(row.FreeBytes),
                row.FreePercent.ToString("0.0", CultureInfo.InvariantCulture), Number(row.VirtualMachines), Number(row.Snapshots), Notes(row),
            };
            rows.Append(row.BelowFloor ? "<tr class=\"low\">" : "<tr>").AppendJoin("", cells.Select(cell => $"<td>{WebUtility.HtmlEncode(cell)}</td>")).Append("</tr>\n");
        }

        return $"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>Datastore capacity</title>
            <style>body{"{"}font-family:sans-serif{"}"} td,th{"{"}padding:.3em .8em;text-align:left{"}"} .low{"{"}background:#fdd{"}"}</style></head>
            <body><h1>Datastore capacity</h1><p>{Iso(report.Taken)}</p>
            <table><thead><tr><th>vCenter</th><th>Datastore</th><th>Type</th><th>Capacity</th><th>Used</th><th>Free</th><th>Free %</th><th>VMs</th><th>Snapshots</th><th>Notes</th></tr></thead>
            <tbody>
            {rows}</tbody></table></body></html>

            """;
    }

    static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
