using System.Text;
using Microsoft.CodeAnalysis.CSharp;

namespace VmProxy.Vim25.Generator.Emitting;

/// <summary>Names of the wire as C# names.</summary>
internal static class Names
{
    private static readonly HashSet<string> Taken = ["TypeName", "UnknownTypeName", "Raw", "GetField", "ToString", "Equals", "GetType", "GetHashCode", "OperationName"];

    /// <summary>A type name: as on the wire, first letter upper case.</summary>
    public static string Type(string wireName) => Pascal(wireName);

    /// <summary>A property name that clashes neither with its class nor with what every data object has.</summary>
    public static string Property(string wireName, string className)
    {
        var name = wireName == "_this" ? "This" : Pascal(wireName);
        return name == className || Taken.Contains(name) ? name + "Value" : name;
    }

    public static string Parameter(string wireName)
    {
        var name = char.ToLowerInvariant(wireName[0]) + wireName.Substring(1);
        return SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None ? name : "@" + name;
    }

    /// <summary>A request class is named as its schema type without the ending "Type".</summary>
    public static string Request(string requestType)
    {
        var name = Pascal(requestType);
        return name.EndsWith("Type", System.StringComparison.Ordinal) ? name.Substring(0, name.Length - 4) : name;
    }

    public static string Method(string operation) => Pascal(operation.Replace("_", "")) + "Async";

    /// <summary>Names of an enumeration's constants, in order and each once.</summary>
    public static IReadOnlyList<string> Constants(IEnumerable<string> values)
    {
        var names = new List<string>();
        foreach (var value in values)
        {
            var name = new StringBuilder();
            foreach (var part in value.Split('_', '-', '.', ' ', ':', '/').Where(part => part.Length > 0))
            {
                name.Append(Pascal(part));
            }

            if (name.Length == 0 || char.IsDigit(name[0]))
            {
                name.Insert(0, "Value");
            }

            while (names.Contains(name.ToString()))
            {
                name.Append('2');
            }

            names.Add(name.ToString());
        }

        return names;
    }

    private static string Pascal(string name) => name.Length == 0 ? name : char.ToUpperInvariant(name[0]) + name.Substring(1);
}
