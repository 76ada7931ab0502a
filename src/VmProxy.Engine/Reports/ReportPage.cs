using VmProxy.Engine.Failures;

namespace VmProxy.Engine.Reports;

/// <summary>The frame of every HTML report: one file that needs nothing else, no script, no font, no picture.</summary>
static class ReportPage
{
    public static string Write(string title, DateTimeOffset taken, Html lead, Html body, IReadOnlyList<Failure> warnings) => Html.Of(
        $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{title} · {ReportText.Minute(taken)} UTC</title>
        <style>
        {Html.Markup(ReportStyle.Css)}</style>
        </head>
        <body>
        <header><h1>{title}</h1><p class="quiet">{ReportText.Minute(taken)} UTC · vmproxy {ProgramVersion.Text.Split('+')[0]}</p></header>
        <main>
        {lead}{Warnings(warnings)}{body}</main>
        </body>
        </html>

        """).ToString();

    /// <summary>A figure with its name, for the top of a page.</summary>
    public static Html Tile(string name, string value, string kind = "") => Html.Of(
        $"""<div class="tile {kind}"><span class="value">{value}</span><span class="name">{name}</span></div>""");

    /// <summary>A word on its colour.</summary>
    public static Html Badge(string word, string kind) => Html.Of($"""<span class="badge {kind}">{word}</span>""");

    /// <summary>A bar that is filled to a share of 0 to 1.</summary>
    public static Html Bar(double share, string kind) => Html.Of(
        $"""<span class="bar" aria-hidden="true"><span class="{kind}" style="width:{100 * Math.Clamp(share, 0, 1)}%"></span></span>""");

    /// <summary>A name and its value.</summary>
    public static Html Fact(string name, string? value) => string.IsNullOrEmpty(value) ? Html.Nothing : Html.Of($"<div><dt>{name}</dt><dd>{value}</dd></div>");

    static Html Warnings(IReadOnlyList<Failure> warnings) => warnings.Count == 0 ? Html.Nothing : Html.Of(
        $"""
        <section class="card notice"><h2>What could not be read</h2><ul>{Html.All(warnings.Select(warning => Html.Of($"<li>{warning.ToString()}</li>")))}</ul></section>

        """);
}
