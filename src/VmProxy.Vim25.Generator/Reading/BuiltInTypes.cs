namespace VmProxy.Vim25.Generator.Reading;

/// <summary>The types of XML Schema that vim25 uses.</summary>
internal static class BuiltInTypes
{
    private static readonly HashSet<string> Names =
        ["string", "boolean", "byte", "short", "int", "long", "float", "double", "dateTime", "anyURI", "base64Binary", "anyType"];

    public static bool Contains(string name) => Names.Contains(name);
}
