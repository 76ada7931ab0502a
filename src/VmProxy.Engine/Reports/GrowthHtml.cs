using System.Globalization;
using VmProxy.Engine.Capacity;
using VmProxy.Engine.Configuration;

namespace VmProxy.Engine.Reports;

/// <summary>The growth report as one HTML page: each repository with its size, its disk and when that will be full.</summary>
public static class GrowthHtml
{
    /// <summary>Writes the page.</summary>
    /// <param name="report">What to show.</param>
    /// <param name="guard">The thresholds, which the plots draw.</param>
    public static string Write(GrowthReport report, GuardSettings guard)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(guard);
        return ReportPage.Write("Repository growth", report.Taken, Html.Nothing, Html.All(report.Repositories.Select(row => Card(row, report.Taken, guard))), report.Warnings);
    }

    static Html Card(RepositoryGrowth row, DateTimeOffset taken, GuardSettings guard) => Html.Of(
        $"""
        <section class="card">
        <div class="head"><h2>{row.Name}</h2>{ReportPage.Badge(ReportText.Level(row.Level), ReportText.Level(row.Level))}<span class="quiet">{row.Location}</span></div>
        <div class="tiles">{ReportPage.Tile("points", row.Points?.ToString(CultureInfo.InvariantCulture) ?? "–")}{ReportPage.Tile("of disks kept", Size(row.ProtectedBytes))}{ReportPage.Tile("stored", Size(row.StoredBytes))}{ReportPage.Tile("reduction", row.Reduction is { } factor ? string.Create(CultureInfo.InvariantCulture, $"{factor:0.0} ×") : "–")}</div>
        {(row is { DiskCapacityBytes: { } capacity, DiskFreeBytes: { } free } ? Disk(row, capacity, free, taken, guard) : Html.Of($"""<p class="quiet">Nothing is known of its disk.</p>"""))}{History(row)}</section>

        """);

    static Html Disk(RepositoryGrowth row, long capacity, long free, DateTimeOffset taken, GuardSettings guard) => Html.Of(
        $"""
        <h3>Its disk</h3>
        <p class="verdict">{Sizes.Text(free)} free of {Sizes.Text(capacity)}. {ReportText.Forecast(row.Forecast)}.</p>
        <p class="quiet">{ReportText.Trend(row.Forecast)}</p>
        {HistoryPlot.Draw($"Disk of {row.Name}", row.DiskHistory, row.Forecast, capacity, free, taken, [("warning", guard.FreeWarningPercent), ("critical", guard.FreeCriticalPercent)])}
        """);

    static Html History(RepositoryGrowth row) => row.History.Count < 2 ? Html.Nothing : Html.Of(
        $"""
        <h3>What it held</h3>
        <div class="scroll"><table><thead><tr><th>Day</th><th class="number">Points</th><th class="number">Of disks kept</th><th class="number">Stored</th></tr></thead><tbody>
        {Html.All(row.History.Reverse().Take(14).Select(day => Html.Of(
            $"""
            <tr><td>{ReportText.Day(day.Day)}</td><td class="number">{day.Points}</td><td class="number">{Sizes.Text(day.ProtectedBytes)}</td><td class="number">{Sizes.Text(day.StoredBytes)}</td></tr>

            """)))}</tbody></table></div>

        """);

    static string Size(long? bytes) => bytes is { } known ? Sizes.Text(known) : "–";
}
