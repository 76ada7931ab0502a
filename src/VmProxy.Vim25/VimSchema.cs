using System.Collections.Frozen;

namespace VmProxy.Vim25;

/// <summary>The schema in wsdl/ as tables: what types, operations and managed objects there are, in order. Parsed when first asked for.</summary>
public static class VimSchema
{
    private static readonly Lazy<FrozenDictionary<string, VimTypeInfo>> LazyTypes = new(() =>
        SchemaText.Types.Split('\n').Select(ParseType).Concat(SchemaText.Enums.Split('\n').Select(ParseEnum)).ToFrozenDictionary(type => type.Name));

    private static readonly Lazy<FrozenDictionary<string, VimOperationInfo>> LazyOperations = new(() =>
        SchemaText.Operations.Split('\n').Select(ParseOperation).ToFrozenDictionary(operation => operation.Name));

    private static readonly Lazy<FrozenDictionary<string, VimTypeInfo>> LazyManagedObjects = new(() =>
        SchemaText.ManagedTypes.Split('\n').Select(ParseType).ToFrozenDictionary(type => type.Name));

    /// <summary>Data objects and enumerations by name.</summary>
    public static IReadOnlyDictionary<string, VimTypeInfo> Types => LazyTypes.Value;

    /// <summary>Operations by name, such as "CreateSnapshot_Task".</summary>
    public static IReadOnlyDictionary<string, VimOperationInfo> Operations => LazyOperations.Value;

    /// <summary>Managed object types by name; their fields are the properties of a property collector.</summary>
    public static IReadOnlyDictionary<string, VimTypeInfo> ManagedObjects => LazyManagedObjects.Value;

    /// <summary>All fields of a data object or managed object in the order of the wire: those of the farthest base first.</summary>
    public static IReadOnlyList<VimFieldInfo> AllFields(VimTypeInfo type)
    {
        ArgumentNullException.ThrowIfNull(type);
        var above = type.BaseName is { } name && (Types.GetValueOrDefault(name) ?? ManagedObjects.GetValueOrDefault(name)) is { } parent ? AllFields(parent) : [];
        return [.. above, .. type.Fields];
    }

    /// <summary>Whether a type is another one or extends it, among data objects and among managed objects.</summary>
    public static bool IsA(string type, string ancestor)
    {
        for (var name = type; name is not null; name = (Types.GetValueOrDefault(name) ?? ManagedObjects.GetValueOrDefault(name))?.BaseName)
        {
            if (name == ancestor)
            {
                return true;
            }
        }

        return false;
    }

    private static VimTypeInfo ParseType(string line)
    {
        var parts = line.Split('|');
        var (name, parent) = Cut(parts[0], ':');
        return new VimTypeInfo(name, parent.Length == 0 ? null : parent, [.. parts.Skip(1).Select(ParseField)], IsEnum: false, []);
    }

    private static VimTypeInfo ParseEnum(string line)
    {
        var parts = line.Split('|');
        return new VimTypeInfo(parts[0], null, [], IsEnum: true, parts[1..]);
    }

    private static VimOperationInfo ParseOperation(string line)
    {
        var (request, returns) = Cut(line, '=');
        var type = ParseType(request);
        var result = returns.Length == 0 ? null : ParseField(returns);
        return new VimOperationInfo(type.Name, type.BaseName!, [.. type.Fields.Skip(1)], result?.TypeName, result?.IsArray ?? false, result?.IsOptional ?? false);
    }

    private static VimFieldInfo ParseField(string text)
    {
        var parts = text.Split(' ');
        return new VimFieldInfo(parts[0], parts[1], parts[2].Contains('*', StringComparison.Ordinal), parts[2].Contains('?', StringComparison.Ordinal));
    }

    private static (string Before, string After) Cut(string text, char separator)
    {
        var at = text.IndexOf(separator, StringComparison.Ordinal);
        return (text[..at], text[(at + 1)..]);
    }
}
