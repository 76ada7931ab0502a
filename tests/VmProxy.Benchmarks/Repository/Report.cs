using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace VmProxy.Benchmarks.Repository;

/// <summary>Prints what was measured: all samples, then the figures beside what was wanted; or one line of JSON a figure.</summary>
static class Report
{
    const double Mebibyte = 1 << 20;
    static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
    static readonly JsonSerializerOptions Indented = new(Json) { WriteIndented = true };

    public static void PrintSamples(IAnsiConsole console, Results results)
    {
        var table = new Table().Border(TableBorder.Minimal).Title("Median (least - most)");
        foreach (var heading in (string[])["tool", "step", "wall s", "CPU s", "repository or growth MiB", "peak RSS MiB", "of it anonymous"])
        {
            table.AddColumn(new TableColumn(heading) { Alignment = heading is "tool" or "step" ? Justify.Left : Justify.Right, NoWrap = true });
        }

        foreach (var (tool, step) in results.All.Select(entry => (entry.Tool, entry.Step)).Distinct().OrderBy(pair => pair.Step))
        {
            var stored = results.Of(tool, step, step is Step.Areas or Step.Second ? Unit.Growth : Unit.Size);
            table.AddRow(
                Markup.Escape(tool), Words(step), Range(results.Of(tool, step, Unit.Wall), 1, "0.00"), Range(results.Of(tool, step, Unit.Cpu), 1, "0.00"),
                Range(stored, Mebibyte, "0.0"), Range(results.Of(tool, step, Unit.Rss), Mebibyte, "0"),
                Range(results.Of(tool, step, Unit.Anonymous), Mebibyte, "0"));
        }

        console.Write(table);
    }

    public static void PrintFigures(IAnsiConsole console, IEnumerable<Figure> figures)
    {
        var table = new Table().Border(TableBorder.Minimal).Title("Against the best peer, and against what was wanted");
        foreach (var heading in (string[])["figure", "ours", "peer or limit", "ratio", "wanted", ""])
        {
            table.AddColumn(new TableColumn(heading) { Alignment = heading is "figure" or "" ? Justify.Left : Justify.Right, NoWrap = true });
        }

        foreach (var figure in figures)
        {
            var wanted = figure.Wanted is { } bar ? (figure.IsAtLeast ? ">= " : "<= ") + Number(bar, "0.##") : "";
            table.AddRow(
                Markup.Escape(figure.Name), $"{Number(figure.Ours, "0.00")} {figure.Measure}", figure.Peer is { } peer ? $"{Number(peer, "0.00")} {figure.Measure}" : "",
                figure.Ratio is { } ratio ? Number(ratio, "0.00") : "", wanted, figure.Holds switch { true => "holds", false => "FALLS SHORT", null => "" });
        }

        console.Write(table);
    }

    public static string Line(Figure figure) => JsonSerializer.Serialize(
        new
        {
            Figure = figure.Name,
            figure.Ours,
            figure.Peer,
            Unit = figure.Measure,
            figure.Ratio,
            figure.Wanted,
            figure.Holds,
        },
        Json);

    /// <summary>Everything, for whoever wants to look closer.</summary>
    public static string Document(Results results, BenchmarkOptions options, IEnumerable<Figure> figures) => JsonSerializer.Serialize(
        new
        {
            Machine = $"{Environment.ProcessorCount} processors, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}",
            options.DiskBytes,
            options.Rounds,
            Figures = figures.Select(figure => new { Figure = figure.Name, figure.Ours, figure.Peer, Unit = figure.Measure, figure.Ratio, figure.Wanted, figure.Holds }),
            Samples = results.All.Select(entry => new { entry.Tool, Step = entry.Step.ToString(), entry.Unit, entry.Samples.Values }),
        },
        Indented);

    static string Range(Samples samples, double unit, string format) => samples.IsEmpty
        ? ""
        : samples.Values.Count == 1
            ? Number(samples.Median / unit, format)
            : $"{Number(samples.Median / unit, format)} ({Number(samples.Least / unit, format)}-{Number(samples.Most / unit, format)})";

    static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    static string Words(Step step) => step switch
    {
        Step.Full => "full",
        Step.Areas => "1 % changed, areas given",
        Step.Second => "1 % changed, all read",
        Step.Restore => "restore",
        Step.RestoreDurably => "restore, synced",
        Step.Verify => "verify",
        _ => "limit of the machine",
    };
}
