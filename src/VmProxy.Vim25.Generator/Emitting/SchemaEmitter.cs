using VmProxy.Vim25.Generator.Model;

namespace VmProxy.Vim25.Generator.Emitting;

/// <summary>
/// Writes the schema as compact text that is parsed when first asked for: a line a type, "name:base|field type flags|…" with the
/// flags * for a list and ? for optional. A table of objects would cost seconds of compile time and be built at every start.
/// </summary>
internal static class SchemaEmitter
{
    public static string Emit(Schema schema)
    {
        var code = CodeWriter.StartFile();
        code.Open("internal static class SchemaText");
        EmitText(code, "Types", schema.DataTypes.Select(type => Line(type.Name, type.Base, type.Fields)));
        EmitText(code, "Enums", schema.Enums.Select(type => string.Join("|", new[] { type.Name }.Concat(type.Values))));
        EmitText(code, "Operations", schema.Operations.Select(operation =>
            Line(operation.Name, operation.Request.Name, operation.Request.Fields) + "=" + (operation.Returns is { } returns ? FieldText(returns) : "")));
        EmitText(code, "ManagedTypes", schema.ManagedTypes.Select(type => Line(type.Name, type.Base, type.Properties)));
        code.Close();
        return code.ToString();
    }

    private static void EmitText(CodeWriter code, string name, IEnumerable<string> lines) =>
        code.Line($"public const string {name} = \"{string.Join("\\n", lines)}\";");

    private static string Line(string name, string? baseName, IEnumerable<Field> fields) =>
        $"{name}:{baseName}{string.Concat(fields.Select(field => "|" + FieldText(field)))}";

    private static string FieldText(Field field) => $"{field.Name} {field.Type} {(field.IsArray ? "*" : "")}{(field.IsOptional ? "?" : "")}";
}
