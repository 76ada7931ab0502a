using Microsoft.CodeAnalysis.Text;

namespace VmProxy.Vim25.Generator.Model;

/// <summary>What one file of wsdl/ declares, with values that compare equal when a change of the file did not matter.</summary>
public sealed record SchemaFile(
    string Name,
    EquatableArray<ComplexType> ComplexTypes,
    EquatableArray<EnumType> Enums,
    EquatableArray<MessageElement> Elements,
    EquatableArray<Operation> Operations,
    EquatableArray<ManagedType> ManagedTypes,
    EquatableArray<SchemaProblem> Problems);

/// <summary>A data object: its own elements in sequence order, those of <paramref name="Base"/> come before them.</summary>
public sealed record ComplexType(string Name, string? Base, EquatableArray<Field> Fields, bool IsReference, SchemaPlace Place);

/// <summary>An element of a data object or message. <paramref name="Type"/> is the name without prefix; those of XML Schema are <paramref name="IsBuiltIn"/>.</summary>
public sealed record Field(string Name, string Type, bool IsBuiltIn, bool IsArray, bool IsOptional, SchemaPlace Place);

/// <summary>A simple type of enumerated strings.</summary>
public sealed record EnumType(string Name, EquatableArray<string> Values, SchemaPlace Place);

/// <summary>A global element: a request names its type, a response holds at most one field.</summary>
public sealed record MessageElement(string Name, string? Type, Field? Returns, SchemaPlace Place);

/// <summary>An operation of a port type and the elements of its two messages.</summary>
public sealed record Operation(string Name, string RequestElement, string ResponseElement, SchemaPlace Place);

/// <summary>A managed object type and its own properties.</summary>
public sealed record ManagedType(string Name, string? Base, EquatableArray<Field> Properties, SchemaPlace Place);

/// <summary>Something in a file that cannot be turned into code.</summary>
public sealed record SchemaProblem(string Message, SchemaPlace Place);

/// <summary>A line of a file. It never takes part in comparison: moving a declaration changes no output.</summary>
public sealed class SchemaPlace(string path, int line) : System.IEquatable<SchemaPlace>
{
    public string Path { get; } = path;

    public LinePosition Position { get; } = new(System.Math.Max(0, line - 1), 0);

    public bool Equals(SchemaPlace? other) => other is not null;

    public override bool Equals(object? obj) => obj is SchemaPlace;

    public override int GetHashCode() => 0;
}
