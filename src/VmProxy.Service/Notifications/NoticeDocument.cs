using System.Text.Json;
using System.Text.Json.Serialization;
using VmProxy.Engine.Configuration;

namespace VmProxy.Service.Notifications;

/// <summary>A notice as a webhook gets it and as it waits in the catalog. Names are never changed, only added.</summary>
sealed record NoticeDocument
{
    const int MostOfTitle = 300;

    /// <summary>The document's form.</summary>
    public int Version { get; init; } = 1;

    public required NoticeKind Kind { get; init; }

    public required NoticeSeverity Severity { get; init; }

    public required string Subject { get; init; }

    public required string Title { get; init; }

    public required IReadOnlyList<string> Lines { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>The machine that tells it.</summary>
    public required string Proxy { get; init; }

    public required IReadOnlyDictionary<string, string> Facts { get; init; }

    public static NoticeDocument Of(Notice notice, string proxy) => new()
    {
        Kind = notice.Kind,
        Severity = notice.Severity,
        Subject = OneLine(notice.Subject),
        Title = OneLine(notice.Title),
        Lines = notice.Lines,
        Time = notice.Time.ToUniversalTime(),
        Proxy = proxy,
        Facts = notice.Facts,
    };

    /// <summary>Names come from outside, and a title is the subject of a mail: whatever would end the line or the header is a blank.</summary>
    static string OneLine(string text)
    {
        var line = string.Concat(text.Select(character => char.IsControl(character) || character is '\u2028' or '\u2029' ? ' ' : character));
        return line.Length <= MostOfTitle ? line : line[..MostOfTitle] + "…";
    }

    public string ToJson() => JsonSerializer.Serialize(this, NoticeJson.Default.NoticeDocument);

    public static NoticeDocument Parse(string json) =>
        JsonSerializer.Deserialize(json, NoticeJson.Default.NoticeDocument) ?? throw new JsonException("No notice.");
}

sealed class CamelCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase)
    where T : struct, Enum;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(CamelCase<NoticeKind>), typeof(CamelCase<NoticeSeverity>)])]
[JsonSerializable(typeof(NoticeDocument))]
sealed partial class NoticeJson : JsonSerializerContext;
