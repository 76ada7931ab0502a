namespace VmProxy.Engine.Reports;

/// <summary>The style sheet of the HTML reports: system fonts, light and dark by the reader's choice, and paper.</summary>
static class ReportStyle
{
    public const string Css = """
        :root {
          --page: #f4f6f8; --card: #ffffff; --ink: #18222d; --quiet: #5d6b7a; --line: #dde3ea; --soft: #eef2f6;
          --fine: #2f7d55; --fine-soft: #dcefe4; --warning: #9a6700; --warning-soft: #fbeec8; --critical: #b3261e; --critical-soft: #fbdfdc;
          --used: #2563a8; --area: #2563a81f; --band: #b3261e26; --calm: #5d6b7a22;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #11161c; --card: #1a212a; --ink: #e4eaf1; --quiet: #93a1b1; --line: #2c3641; --soft: #222b35;
            --fine: #6fcf9b; --fine-soft: #17382a; --warning: #e9bf5a; --warning-soft: #3d3111; --critical: #ff8a80; --critical-soft: #47201d;
            --used: #73b1f4; --area: #73b1f426; --band: #ff8a802e; --calm: #93a1b126;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
        header, main { max-width: 1080px; margin: 0 auto; padding: 0 20px; }
        header { padding-top: 28px; }
        main { padding-bottom: 48px; }
        h1 { font-size: 26px; line-height: 1.2; margin: 0; letter-spacing: -.01em; }
        h2 { font-size: 17px; line-height: 1.3; margin: 0; }
        h3 { font-size: 13px; margin: 18px 0 4px; color: var(--quiet); font-weight: 600; }
        p { margin: 4px 0; }
        .quiet { color: var(--quiet); }
        .tiles { display: flex; flex-wrap: wrap; gap: 12px; margin: 20px 0; }
        .tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 18px; min-width: 128px; flex: 1; }
        .tile .value { display: block; font-size: 22px; font-weight: 650; line-height: 1.3; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .tile .name { color: var(--quiet); font-size: 13px; }
        .tile.fine .value { color: var(--fine); } .tile.warning .value { color: var(--warning); } .tile.critical .value { color: var(--critical); }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px; margin: 16px 0; break-inside: avoid; }
        .card > .head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 12px; }
        .card > .head h2 { overflow-wrap: anywhere; }
        .card > .head .quiet { margin-left: auto; font-size: 13px; }
        .notice { border-left: 4px solid var(--warning); }
        .notice ul { margin: 6px 0 0; padding-left: 20px; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: 14px; }
        th { text-align: left; font-weight: 600; color: var(--quiet); font-size: 12.5px; white-space: nowrap; }
        th, td { padding: 6px 14px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        th:last-child, td:last-child { padding-right: 0; }
        tr:last-child td { border-bottom: 0; }
        td.name { overflow-wrap: anywhere; min-width: 9em; }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        a { color: inherit; text-decoration-color: var(--line); text-underline-offset: 3px; }
        .badge { display: inline-block; border-radius: 999px; padding: 0 9px; font-size: 12.5px; font-weight: 600; white-space: nowrap; background: var(--soft); color: var(--quiet); }
        .badge.fine { background: var(--fine-soft); color: var(--fine); }
        .badge.warning { background: var(--warning-soft); color: var(--warning); }
        .badge.critical { background: var(--critical-soft); color: var(--critical); }
        .bar { display: inline-block; width: 110px; height: 8px; border-radius: 4px; background: var(--soft); overflow: hidden; vertical-align: middle; }
        .bar > span { display: block; height: 100%; background: var(--used); }
        .bar > span.warning { background: var(--warning); } .bar > span.critical { background: var(--critical); }
        dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 10px 20px; margin: 14px 0 4px; }
        dt { color: var(--quiet); font-size: 12.5px; } dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        .verdict { margin: 10px 0 2px; font-weight: 600; }
        .plot { display: block; width: 100%; height: auto; margin-top: 10px; }
        .plot .grid { stroke: var(--line); } .plot .tick { fill: var(--quiet); font-size: 11px; }
        .plot .used { fill: none; stroke: var(--used); stroke-width: 1.8; stroke-linejoin: round; } .plot .area { fill: var(--area); } .plot .dot { fill: var(--used); }
        .plot .capacity { fill: none; stroke: var(--ink); stroke-width: 1.4; }
        .plot .today { stroke: var(--quiet); stroke-dasharray: 2 3; }
        .plot .mark { stroke-dasharray: 5 4; stroke-width: 1; } .plot .mark.warning { stroke: var(--warning); } .plot .mark.critical { stroke: var(--critical); }
        .plot .band { fill: var(--band); } .plot .band.calm { fill: var(--calm); } .plot .trend { fill: none; stroke: var(--critical); stroke-dasharray: 6 4; stroke-width: 1.4; }
        .plot .band.calm + .trend { stroke: var(--quiet); }
        .text { white-space: pre-line; overflow-wrap: anywhere; }
        code { font: 12.5px ui-monospace, "Liberation Mono", monospace; }
        @media print {
          :root {
            --page: #fff; --card: #fff; --ink: #000; --quiet: #444; --line: #bbb; --soft: #eee; --fine: #1d5c3c; --fine-soft: #fff; --warning: #7a5200; --warning-soft: #fff;
            --critical: #9b1c15; --critical-soft: #fff; --used: #1d4f86; --area: #1d4f8618; --band: #9b1c1522; --calm: #44444418;
          }
          body { font-size: 11pt; print-color-adjust: exact; }
          header, main { max-width: none; padding-left: 0; padding-right: 0; }
          .badge { border: 1px solid currentColor; }
          .tile { padding: 8px 10px; min-width: 0; } .tile .value { font-size: 12pt; }
          table { font-size: 9.5pt; } th, td { padding-right: 9px; } td.day, code { white-space: nowrap; } code { font-size: 8pt; }
          /* A card may be longer than a page: it breaks between rows, and nothing stands apart from its heading. */
          .card { break-inside: auto; } .scroll { overflow: visible; }
          tr, .tiles, .plot, dl { break-inside: avoid; } .head, h3, .verdict, .verdict + .quiet { break-after: avoid; }
        }

        """;
}
