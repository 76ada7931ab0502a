using Spectre.Console;
using Spectre.Console.Rendering;

namespace VmProxy.Cli.Output;

/// <summary>
/// Plain tables: no borders, so that they can be read, copied and grepped. No value is ever cut or broken, for it will be copied into the
/// next command: a column is as wide as its widest value, and only text columns are wrapped where the terminal is narrow.
/// </summary>
static class Tables
{
    const int Gap = 2;

    /// <summary>Creates a table. A header that ends in '>' aligns its column to the right, one that ends in '~' makes it a text column.</summary>
    public static Table Create(params string[] columns)
    {
        var table = new Table().Border(TableBorder.None).HideFooters();
        foreach (var column in columns)
        {
            var text = column.TrimEnd('>', '~');
            var wraps = column.EndsWith('~');
            table.AddColumn(new TableColumn(new Text(text))
            {
                Alignment = column.EndsWith('>') ? Justify.Right : Justify.Left,
                NoWrap = !wraps,
                Padding = new Padding(0, 0, Gap, 0),
                Width = wraps ? null : text.Length,
            });
        }

        return table;
    }

    /// <summary>A table of facts about one thing: names and values, without headers.</summary>
    public static Table Facts() => Create("", "~").HideHeaders();

    /// <summary>Adds a row of plain text: nothing in it is markup.</summary>
    public static void Row(this Table table, params string?[] cells)
    {
        foreach (var (column, cell) in table.Columns.Zip(cells))
        {
            column.Width = column.Width is { } width ? Math.Max(width, cell?.GetCellWidth() ?? 0) : null;
        }

        table.AddRow([.. cells.Select(cell => new Text(cell ?? ""))]);
    }

    /// <summary>Prints a table, past the right edge rather than with broken values where the terminal is too narrow.</summary>
    public static void Print(this IAnsiConsole console, Table table)
    {
        var width = console.Profile.Width;
        var needed = ((IRenderable)table).Measure(RenderOptions.Create(console), int.MaxValue).Min;
        console.Profile.Width = Math.Max(width, needed);
        console.Write(table);
        console.Profile.Width = width;
    }

    /// <summary>Prints one line of text, whole: the terminal wraps it, and what is copied from it has no breaks.</summary>
    public static void Line(this IAnsiConsole console, string text)
    {
        var width = console.Profile.Width;
        console.Profile.Width = Math.Max(width, text.GetCellWidth() + 1);
        console.WriteLine(text);
        console.Profile.Width = width;
    }
}
