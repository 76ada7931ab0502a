using VmProxy.Engine.Capacity;
using VmProxy.Engine.Configuration;

namespace VmProxy.Engine.Reports;

/// <summary>The capacity report as one HTML page: all datastores at a glance, then each with its history, its forecast and what fills it.</summary>
public static class CapacityHtml
{
    const int MostRows = 8;

    /// <summary>Storage takes about so long to buy: what is full sooner is shown in red.</summary>
    static readonly TimeSpan Soon = TimeSpan.FromDays(90);

    /// <summary>Writes the page.</summary>
    /// <param name="report">What to show.</param>
    /// <param name="guard">The thresholds, which the plots draw.</param>
    public static string Write(CapacityReport report, GuardSettings guard)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(guard);
        var several = report.Datastores.Select(row => row.Vcenter).Distinct().Skip(1).Any();
        var cards = report.Datastores.Select((row, index) => Card(row, NameOf(row, several), index, report.Taken, guard));
        return ReportPage.Write("Datastore capacity", report.Taken, Tiles(report), Html.Of($"{Glance(report, several)}{Html.All(cards)}"), report.Warnings);
    }

    static Html Tiles(CapacityReport report)
    {
        var rows = report.Datastores;
        var (capacity, free) = (rows.Sum(row => row.CapacityBytes), rows.Sum(row => row.FreeBytes));
        var next = rows.Where(row => row.Forecast.FullAt is not null).MinBy(row => row.Forecast.FullAt);
        var critical = rows.Count(row => row.Level == CapacityLevel.Critical);
        var warning = rows.Count(row => row.Level == CapacityLevel.Warning);
        return Html.Of(
            $"""
            <div class="tiles">{ReportPage.Tile("datastores", $"{rows.Count}")}{ReportPage.Tile("critical", $"{critical}", critical > 0 ? "critical" : "")}{ReportPage.Tile("warning", $"{warning}", warning > 0 ? "warning" : "")}{ReportPage.Tile($"free of {Sizes.Text(capacity)}", Sizes.Text(free))}{(next is null ? ReportPage.Tile("next to be full", "none") : ReportPage.Tile($"{next.Name} will be full", ReportText.Verdict(next.Forecast), next.Forecast.FullAt < report.Taken + Soon ? "critical" : ""))}</div>

            """);
    }

    static Html Glance(CapacityReport report, bool several) => report.Datastores.Count == 0
        ? Html.Of($"""<section class="card"><p>No datastores.</p></section>""")
        : Html.Of(
            $"""
            <section class="card scroll"><table>
            <thead><tr><th>Datastore</th><th></th><th>Used</th><th class="number">Free</th><th class="number">Free %</th><th class="number">Capacity</th><th class="number">Provisioned</th><th>Full on</th></tr></thead>
            <tbody>
            {Html.All(report.Datastores.Select((row, index) => Html.Of(
                $"""
                <tr><td class="name"><a href="#d{index}">{NameOf(row, several)}</a></td><td>{Badge(row)}</td><td>{Usage(row)}</td><td class="number">{Sizes.Text(row.FreeBytes)}</td><td class="number">{row.FreePercent:0.0}</td><td class="number">{Sizes.Text(row.CapacityBytes)}</td><td class="number">{Provisioned(row)}</td><td class="day">{ReportText.Verdict(row.Forecast)}</td></tr>

                """)))}</tbody>
            </table></section>

            """);

    static Html Card(DatastoreCapacity row, string name, int index, DateTimeOffset taken, GuardSettings guard) => Html.Of(
        $"""
        <section class="card" id="d{index}">
        <div class="head"><h2>{name}</h2>{Badge(row)}<span class="quiet">{row.Type} · {ReportText.Count(row.VirtualMachines, "VM")}</span></div>
        <p class="verdict">{ReportText.Forecast(row.Forecast)}.</p>
        {Trend(row)}{HistoryPlot.Draw(name, row.History, row.Forecast, row.CapacityBytes, row.FreeBytes, taken, [("warning", guard.FreeWarningPercent), ("critical", guard.FreeCriticalPercent)])}<dl>{ReportPage.Fact("Free", $"{Sizes.Text(row.FreeBytes)} of {Sizes.Text(row.CapacityBytes)}")}{ReportPage.Fact("Provisioned", Provisioned(row))}{ReportPage.Fact("Snapshots", row.Snapshots == 0 ? "none" : $"{Sizes.Text(row.SnapshotBytes)} in {row.Snapshots}")}{ReportPage.Fact("Oldest snapshot", row.OldestSnapshot is { } oldest ? ReportText.Day(oldest) : "")}{ReportPage.Fact("Swap", Sizes.Text(row.SwapBytes))}</dl>
        {ConsumersHtml.Write(row.Consumers, MostRows)}</section>

        """);

    static Html Trend(DatastoreCapacity row) => ReportText.Trend(row.Forecast) is { Length: > 0 } trend ? Html.Of($"""<p class="quiet">{trend}</p>""") : Html.Nothing;

    static Html Badge(DatastoreCapacity row) => !row.Accessible
        ? ReportPage.Badge("not accessible", "critical")
        : Html.Of($"{ReportPage.Badge(ReportText.Level(row.Level), ReportText.Level(row.Level))}{(row.BelowFloor ? Html.Of($" {ReportPage.Badge("below floor", "critical")}") : Html.Nothing)}");

    static Html Usage(DatastoreCapacity row) =>
        ReportPage.Bar(row.CapacityBytes == 0 ? 0 : (double)row.UsedBytes / row.CapacityBytes, row.Level == CapacityLevel.Fine ? "" : ReportText.Level(row.Level));

    static string Provisioned(DatastoreCapacity row) => row.ProvisionedPercent is { } percent
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{percent:0} %{(percent > 100 ? ", overcommitted" : "")}") : "";

    static string NameOf(DatastoreCapacity row, bool several) => several ? $"{row.Vcenter}/{row.Name}" : row.Name;
}
