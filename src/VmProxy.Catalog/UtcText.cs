using System.Globalization;
using System.Diagnostics.CodeAnalysis;

namespace VmProxy.Catalog;

/// <summary>Times as the catalog keeps them: ISO 8601, UTC, always 28 characters, so that text order is time order.</summary>
static class UtcText
{
    const string Pattern = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    public static string From(DateTimeOffset time) => time.UtcDateTime.ToString(Pattern, CultureInfo.InvariantCulture);

    [return: NotNullIfNotNull(nameof(time))]
    public static string? From(DateTimeOffset? time) => time is { } value ? From(value) : null;

    public static DateTimeOffset Parse(string text) => new(
        DateTime.ParseExact(text, Pattern, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal));

    public static DateTimeOffset? ParseOptional(string? text) => text is null ? null : Parse(text);
}
