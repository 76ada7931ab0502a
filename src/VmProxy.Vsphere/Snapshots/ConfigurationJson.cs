using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace VmProxy.Vsphere;

/// <summary>
/// A data object of the wire as JSON, for people and later versions: known fields under their wire names and typed, lists as arrays, the type of
/// what may vary as <c>@type</c>, a reference as <c>@ref</c>, and every element that the schema does not know as XML in <c>@unknown</c>. Nothing is
/// left out.
/// </summary>
static class ConfigurationJson
{
    const int MaximumDepth = 200;

    static readonly XName XsiType = XNamespace.Get("http://www.w3.org/2001/XMLSchema-instance") + "type";
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Converts an element whose xsi:type, or <paramref name="declaredType"/> without one, says what it is.</summary>
    public static string Of(XElement element, string declaredType) => Node(element, declaredType, 0)?.ToJsonString(Indented) ?? "null";

    static JsonNode? Node(XElement element, string declaredType, int depth)
    {
        string type = TypeOf(element) ?? declaredType;
        if (depth > MaximumDepth)
        {
            return element.ToString(SaveOptions.DisableFormatting);
        }

        if (type == "ManagedObjectReference")
        {
            return new JsonObject { ["@ref"] = $"{element.Attribute("type")?.Value}:{element.Value}" };
        }

        if (type.StartsWith("ArrayOf", StringComparison.Ordinal))
        {
            return new JsonArray([.. element.Elements().Select(item => Node(item, type["ArrayOf".Length..], depth + 1))]);
        }

        // Of a type that nobody knows, the declared one still tells some fields.
        var known = Vim.VimSchema.Types.GetValueOrDefault(type) ?? Vim.VimSchema.Types.GetValueOrDefault(declaredType);
        return known is { IsEnum: false } ? Object(element, known, type == declaredType ? null : type, depth)
            : element.HasElements ? Unknown(element, type)
            : Scalar(element.Value, type);
    }

    static JsonObject Object(XElement element, Vim.VimTypeInfo known, string? type, int depth)
    {
        var json = new JsonObject();
        if (type is not null)
        {
            json["@type"] = type;
        }

        var fields = Vim.VimSchema.AllFields(known).DistinctBy(field => field.Name).ToDictionary(
            field => field.Name,
            StringComparer.Ordinal);
        foreach (var child in element.Elements())
        {
            if (!fields.TryGetValue(child.Name.LocalName, out var field))
            {
                Append(json, "@unknown", child.ToString(SaveOptions.DisableFormatting));
            }
            else if (field.IsArray)
            {
                Append(json, field.Name, Node(child, field.TypeName, depth + 1));
            }
            else
            {
                json[field.Name] = Node(child, field.TypeName, depth + 1);
            }
        }

        return json;
    }

    static JsonObject Unknown(XElement element, string type)
        => new() { ["@type"] = type, ["@unknown"] = new JsonArray(
            [.. element.Elements().Select(child => (JsonNode)child.ToString(SaveOptions.DisableFormatting))]) };

    static void Append(JsonObject json, string name, JsonNode? item)
    {
        if (json[name] is not JsonArray list)
        {
            json[name] = list = [];
        }

        list.Add(item);
    }

    static JsonNode Scalar(string text, string type) => type switch
    {
        "boolean" when text is "true" or "1" => true,
        "boolean" when text is "false" or "0" => false,
        "byte" or "short" or "int" or "long" when long.TryParse(
            text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) => number,
        "float" or "double" when double.TryParse(
            text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) => number,
        _ => text,
    };

    static string? TypeOf(XElement element)
    {
        string? type = element.Attribute(XsiType)?.Value;
        return type?[(type.IndexOf(':', StringComparison.Ordinal) + 1)..];
    }
}
