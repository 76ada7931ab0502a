using System.Globalization;
using System.Text.RegularExpressions;

namespace VmProxy.Engine.Reports;

/// <summary>Lines of a CSV file (RFC 4180) that will be opened in a spreadsheet.</summary>
static partial class Csv
{
    /// <summary>A line; every field has been made by a method of this class.</summary>
    public static string Line(params IEnumerable<string> fields) => string.Join(',', fields) + "\n";

    /// <summary>
    /// Text from outside: what a spreadsheet would take for a formula is defused, and what would end the field is quoted. A formula begins a cell, and a cell
    /// begins after whatever separates cells in the country of the reader: a semicolon, a tab or a line break inside of the text too.
    /// </summary>
    public static string Text(string? field)
    {
        var safe = Formula().Replace(field ?? "", "$1'$2");
        return safe.AsSpan().IndexOfAny(",\"\r\n") < 0 ? safe : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    public static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    public static string Number(double? value) => value?.ToString("0.0", CultureInfo.InvariantCulture) ?? "";

    public static string Time(DateTimeOffset? time) => time is { } value ? ReportText.Iso(value) : "";

    public static string Flag(bool value) => value ? "true" : "false";

    /// <summary>A value of an enumeration as JSON has it.</summary>
    public static string Word<T>(T value) where T : struct, Enum => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    [GeneratedRegex("""(^|[;,\t\r\n"])(\s*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20])""", RegexOptions.CultureInvariant)]
    private static partial Regex Formula();
}
