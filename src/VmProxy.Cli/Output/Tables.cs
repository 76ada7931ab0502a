using Spectre.Console;

namespace VmProxy.Cli.Output;

/// <summary>Plain tables: no borders, so that they can be read, copied and grepped.</summary>
static class Tables
{
    public static Table Create(params string[] columns)
    {
        var table = new Table().Border(TableBorder.None).HideFooters();
        foreach (var column in columns)
        {
            var right = column.EndsWith('>');
            var text = right ? column[..^1] : column;
            table.AddColumn(new TableColumn(new Text(text)) { Alignment = right ? Justify.Right : Justify.Left, NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        }

        return table;
    }

    /// <summary>Adds a row of plain text: nothing in it is markup.</summary>
    public static void Row(this Table table, params string?[] cells) =>
        table.AddRow([.. cells.Select(cell => new Text(cell ?? ""))]);
}
