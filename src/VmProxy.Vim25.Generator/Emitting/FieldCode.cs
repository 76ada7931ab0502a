using VmProxy.Vim25.Generator.Model;

namespace VmProxy.Vim25.Generator.Emitting;

/// <summary>The C# of one field: its type, how it is declared, read, written and shown as anyType.</summary>
internal sealed class FieldCode
{
    private readonly Field _field;
    private readonly TypeKind _kind;

    public FieldCode(Schema schema, Field field, string className)
    {
        _field = field;
        _kind = schema.KindOf(field);
        Property = Names.Property(field.Name, className);
        (ItemType, IsValueType, Read) = _kind switch
        {
            TypeKind.Enum => ("string", false, "reader.Text()"),
            TypeKind.Reference => ("ManagedObjectReference", false, "reader.Reference()"),
            TypeKind.Object => (Names.Type(field.Type), false, $"reader.Object<{Names.Type(field.Type)}>(\"{field.Type}\")"),
            _ => BuiltIn(field.Type),
        };
    }

    public string WireName => _field.Name;

    public string Property { get; }

    /// <summary>Type of one item.</summary>
    public string ItemType { get; }

    public bool IsValueType { get; }

    /// <summary>The expression that reads one item from a reader on its start tag.</summary>
    public string Read { get; }

    public bool IsNullable => !_field.IsArray && (_field.IsOptional || _field.Type == "anyType");

    /// <summary>The property's type.</summary>
    public string Type => _field.IsArray ? $"List<{ItemType}>" : IsNullable ? ItemType + "?" : ItemType;

    public string Declaration => $"public {Type} {Property} " + this switch
    {
        { _field.IsArray: true } => "{ get => field ??= []; set; }",
        { IsNullable: true } or { IsValueType: true } => "{ get; set; }",
        { _kind: TypeKind.Object } => "{ get => field ??= new(); set; }",
        { _kind: TypeKind.Reference } => "{ get; set; } = ManagedObjectReference.None;",
        { ItemType: "byte[]" } => "{ get; set; } = [];",
        _ => "{ get; set; } = \"\";",
    };

    public string Assign => _field.IsArray ? $"{Property}.Add({Read});" : $"{Property} = {Read};";

    public string Write => _kind == TypeKind.Object
        ? $"writer.Write(\"{WireName}\", {Property}, \"{_field.Type}\");"
        : _field is { Type: "anyType", IsBuiltIn: true } ? $"writer.WriteAny(\"{WireName}\", {Property});" : $"writer.Write(\"{WireName}\", {Property});";

    /// <summary>The value with its schema type, as a property collector returns it.</summary>
    public string AsAny => (_field.IsArray, _kind) switch
    {
        (true, TypeKind.Enum) => $"VimEnumValue.FromAll(\"{_field.Type}\", {Property})",
        (true, _) => $"VimArray.From(\"{_field.Type}\", {Property})",
        (false, TypeKind.Enum) => $"VimEnumValue.From(\"{_field.Type}\", {Property})",
        _ => Property,
    };

    private static (string Type, bool IsValue, string Read) BuiltIn(string name) => name switch
    {
        "boolean" => ("bool", true, "reader.Boolean()"),
        "byte" => ("sbyte", true, "reader.Byte()"),
        "short" => ("short", true, "reader.Short()"),
        "int" => ("int", true, "reader.Int()"),
        "long" => ("long", true, "reader.Long()"),
        "float" => ("float", true, "reader.Float()"),
        "double" => ("double", true, "reader.Double()"),
        "dateTime" => ("DateTimeOffset", true, "reader.Time()"),
        "base64Binary" => ("byte[]", false, "reader.Binary()"),
        "anyType" => ("object", false, "reader.Any()"),
        _ => ("string", false, "reader.Text()"),
    };
}
