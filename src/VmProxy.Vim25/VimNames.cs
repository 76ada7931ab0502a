namespace VmProxy.Vim25;

/// <summary>How types are named inside arrays.</summary>
internal static class VimNames
{
    /// <summary>"VirtualDevice" of ArrayOfVirtualDevice; the built-in types have their first letter lowered: "string" of ArrayOfString.</summary>
    public static string ElementOfArray(string suffix) => suffix switch
    {
        "String" => "string",
        "Boolean" => "boolean",
        "Byte" => "byte",
        "Short" => "short",
        "Int" => "int",
        "Long" => "long",
        "Float" => "float",
        "Double" => "double",
        "DateTime" => "dateTime",
        "AnyType" => "anyType",
        "AnyURI" or "Uri" => "anyURI",
        "Base64Binary" => "base64Binary",
        _ => suffix,
    };

    /// <summary>The xsi:type of an array of the type.</summary>
    public static string ArrayOf(string element) => element.Length == 0 ? "ArrayOf" : $"ArrayOf{char.ToUpperInvariant(element[0])}{element[1..]}";
}
