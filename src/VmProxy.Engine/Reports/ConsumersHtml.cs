using VmProxy.Engine.Capacity;

namespace VmProxy.Engine.Reports;

/// <summary>What fills a datastore, as small tables.</summary>
static class ConsumersHtml
{
    public static Html Write(DatastoreConsumers consumers, int mostRows) => Html.Of(
        $"{Growth(consumers.Growth, mostRows)}{Snapshots(consumers.Snapshots, mostRows)}{Deltas(consumers.DeltasWithoutSnapshot, mostRows)}{Files(consumers.Files, mostRows)}");

    static Html Growth(IReadOnlyList<VmGrowth> rows, int most) => rows.Count == 0 ? Html.Nothing : Table(
        $"VMs that grew since {ReportText.Day(rows[0].Since)}", ["VM", ">Grown", ">Now"], rows.Count, most,
        rows.Take(most).Select(row => Row(row.VirtualMachine, [ReportText.Signed(row.GrownBytes), Sizes.Text(row.Bytes)])));

    static Html Snapshots(IReadOnlyList<SnapshotOnDatastore> rows, int most) => rows.Count == 0 ? Html.Nothing : Table(
        "Snapshots", ["VM and snapshot", ">Since", ">Size"], rows.Count, most,
        rows.Take(most).Select(row => Row($"{row.VirtualMachine}: {row.Snapshot}", [ReportText.Minute(row.Created), row.Bytes is { } bytes ? Sizes.Text(bytes) : ""])));

    static Html Deltas(IReadOnlyList<DeltaWithoutSnapshot> rows, int most) => rows.Count == 0 ? Html.Nothing : Table(
        "Deltas of VMs without a snapshot", ["VM and file", "", ">Size"], rows.Count, most,
        rows.Take(most).Select(row => Row($"{row.VirtualMachine}: {row.File}", [row.ConsolidationNeeded ? "needs consolidation" : "", Sizes.Text(row.Bytes)])));

    static Html Files(FileSurvey? survey, int most) => survey switch
    {
        null => Html.Nothing,
        { LeftOut: { } reason } => Html.Of($"""<h3>Files</h3><p class="quiet">Not judged: {reason}.</p>"""),
        { Unreferenced.Count: 0 } => Html.Of($"""<h3>Files</h3><p class="quiet">On {ReportText.Minute(survey.Taken)} every file of a VM was referred to in this vCenter.</p>"""),
        _ => Html.Of(
            $"""
            {Table($"Files unreferenced in this vCenter, as of {ReportText.Minute(survey.Taken)}", ["File", ">Written", ">Size"], survey.Unreferenced.Count, most,
                survey.Unreferenced.Take(most).Select(file => Row(file.File, [file.Modified is { } time ? ReportText.Day(time) : "", Sizes.Text(file.Bytes)])))}<p class="quiet">Another vCenter, a script or a person may need them: look before you delete.</p>

            """),
    };

    static Html Table(string title, string[] columns, int count, int most, IEnumerable<Html> rows) => Html.Of(
        $"""
        <h3>{title}</h3>
        <div class="scroll"><table><thead><tr>{Html.All(columns.Select(column => column.StartsWith('>') ? Html.Of($"""<th class="number">{column[1..]}</th>""") : Html.Of($"<th>{column}</th>")))}</tr></thead><tbody>
        {Html.All(rows)}</tbody></table></div>
        {(count > most ? Html.Of($"""<p class="quiet">and {ReportText.Count(count - most, "more row")}; all are in the JSON.</p>""") : Html.Nothing)}
        """);

    static Html Row(string name, IEnumerable<string> cells) => Html.Of(
        $"""
        <tr><td class="name">{name}</td>{Html.All(cells.Select(cell => Html.Of($"""<td class="number">{cell}</td>""")))}</tr>

        """);
}
