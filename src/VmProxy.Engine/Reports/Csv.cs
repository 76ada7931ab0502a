using System.Globalization;

namespace VmProxy.Engine.Reports;

/// <summary>Lines of a CSV file (RFC 4180) that will be opened in a spreadsheet.</summary>
static class Csv
{
    static readonly char[] Formula = ['=', '+', '-', '@', '\t', '\r'];

    /// <summary>A line; every field has been made by a method of this class.</summary>
    public static string Line(params IEnumerable<string> fields) => string.Join(',', fields) + "\n";

    /// <summary>Text from outside: a leading formula character is defused, and what would end the field is quoted.</summary>
    public static string Text(string? field)
    {
        var safe = field is { Length: > 0 } && Formula.Contains(field[0]) ? "'" + field : field ?? "";
        return safe.AsSpan().IndexOfAny(",\"\r\n") < 0 ? safe : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    public static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    public static string Number(double? value) => value?.ToString("0.0", CultureInfo.InvariantCulture) ?? "";

    public static string Time(DateTimeOffset? time) => time is { } value ? ReportText.Iso(value) : "";

    public static string Flag(bool value) => value ? "true" : "false";

    /// <summary>A value of an enumeration as JSON has it.</summary>
    public static string Word<T>(T value) where T : struct, Enum => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
