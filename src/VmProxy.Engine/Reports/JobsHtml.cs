namespace VmProxy.Engine.Reports;

/// <summary>The jobs report as one HTML page: the night at a glance, then what needs somebody, then every VM.</summary>
public static class JobsHtml
{
    /// <summary>Writes the page.</summary>
    public static string Write(JobsReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return ReportPage.Write("Backups of the night", report.Taken, Tiles(report), Html.Of($"{Html.All(report.Runs.Select(Run))}{(report.Runs.Count == 0 ? Nothing(report) : Html.Nothing)}"), []);
    }

    static Html Nothing(JobsReport report) => Html.Of($"""<section class="card notice"><p>No backup went on since {ReportText.Minute(report.Since)} UTC.</p></section>""");

    static Html Tiles(JobsReport report)
    {
        var totals = report.Totals;
        return Html.Of(
            $"""
            <p class="quiet">Runs since {ReportText.Minute(report.Since)} UTC</p>
            <div class="tiles">{ReportPage.Tile("done", $"{totals.Succeeded}", totals.Succeeded > 0 ? "fine" : "")}{ReportPage.Tile("with warnings", $"{totals.Warnings}", totals.Warnings > 0 ? "warning" : "")}{ReportPage.Tile("failed", $"{totals.Failed}", totals.Failed > 0 ? "critical" : "")}{ReportPage.Tile("left out", $"{totals.Skipped}", totals.Skipped > 0 ? "warning" : "")}{ReportPage.Tile("changed", Sizes.Text(totals.ChangedBytes))}{ReportPage.Tile("stored", Sizes.Text(totals.StoredBytes))}</div>

            """);
    }

    static Html Run(RunSummary run) => Html.Of(
        $"""
        <section class="card">
        <div class="head"><h2>{run.Job ?? "without a job"}</h2>{ReportPage.Badge(JobsText.Word(run.Outcome), JobsText.Kind(run.Outcome))}<span class="quiet">{ReportText.Minute(run.Started)} · {JobsText.Took(run, "still running")} · run {run.Id}</span></div>
        {(run.Error is { } error ? Html.Of($"""<p class="text">{error}</p>""") : Html.Nothing)}{(run.VirtualMachines.Count == 0 ? Html.Nothing : Table(run))}
        </section>

        """);

    static Html Table(RunSummary run) => Html.Of(
        $"""
        <div class="scroll"><table><thead><tr><th>VM</th><th></th><th>Level</th><th class="number">Changed</th><th class="number">Read</th><th class="number">Stored</th><th class="number">Took</th><th>Point</th></tr></thead><tbody>
        {Html.All(run.VirtualMachines.Select(Vm))}</tbody></table></div>
        """);

    static Html Vm(RunVmSummary vm) => Html.Of(
        $"""
        <tr><td class="name">{vm.Name}</td><td>{ReportPage.Badge(JobsText.Word(vm.Outcome), JobsText.Kind(vm.Outcome))}</td><td>{vm.Level}</td><td class="number">{Sizes.Text(vm.ChangedBytes)}</td><td class="number">{Sizes.Text(vm.ReadBytes)}</td><td class="number">{Sizes.Text(vm.StoredBytes)}</td><td class="number">{Sizes.Text(vm.Ended - vm.Started)}</td><td><code>{vm.Point}</code></td></tr>
        {Html.All(JobsText.Findings(vm).Select(text => Html.Of(
            $"""
            <tr><td></td><td colspan="7" class="text">{text}</td></tr>

            """)))}
        """);
}
