using VmProxy.Vim25.Generator.Model;

namespace VmProxy.Vim25.Generator.Emitting;

/// <summary>Writes the client's method for each operation.</summary>
internal static class ClientEmitter
{
    public static string Emit(Schema schema)
    {
        var code = CodeWriter.StartFile();
        code.Open("public sealed partial class VimClient");
        foreach (var operation in schema.Operations)
        {
            EmitMethod(code, schema, operation);
        }

        code.Close();
        return code.ToString();
    }

    private static void EmitMethod(CodeWriter code, Schema schema, ResolvedOperation operation)
    {
        var request = Names.Request(operation.Request.Name);
        var fields = operation.Request.Fields.Skip(1).Select(field => (Wire: field, Code: new FieldCode(schema, field, request))).ToList();
        var lastRequired = fields.FindLastIndex(field => !field.Wire.IsOptional);
        var parameters = new List<string> { "ManagedObjectReference self" };
        for (var i = 0; i < fields.Count; i++)
        {
            var (wire, field) = fields[i];
            var type = wire.IsArray ? $"IEnumerable<{field.ItemType}>{(wire.IsOptional ? "?" : "")}" : field.Type;
            parameters.Add($"{type} {Names.Parameter(wire.Name)}{(i > lastRequired ? " = null" : "")}");
        }

        parameters.Add("CancellationToken cancellationToken = default");
        var values = new List<string> { "This = self" };
        values.AddRange(fields.Select(field => $"{field.Code.Property} = {Value(field.Wire)}"));
        var (result, call) = Returning(schema, operation.Returns);
        code.Line($"public {result} {Names.Method(operation.Name)}({string.Join(", ", parameters)}) =>");
        code.Line($"    _channel.{call.Replace("$", $"new {request} {{ {string.Join(", ", values)} }}")};");
    }

    private static string Value(Field field) => field.IsArray
        ? field.IsOptional ? $"[.. {Names.Parameter(field.Name)} ?? []]" : $"[.. {Names.Parameter(field.Name)}]"
        : Names.Parameter(field.Name);

    private static (string Result, string Call) Returning(Schema schema, Field? returns)
    {
        if (returns is null)
        {
            return ("Task", "CallAsync($, cancellationToken)");
        }

        var field = new FieldCode(schema, returns, "");
        return returns switch
        {
            { IsArray: true } => ($"Task<List<{field.ItemType}>>", $"CallListAsync($, static reader => {field.Read}, cancellationToken)"),
            { IsOptional: true } => ($"Task<{field.ItemType}?>", $"CallOptionalAsync<{field.ItemType}?>($, static reader => {field.Read}, cancellationToken)"),
            _ => ($"Task<{field.ItemType}>", $"CallOneAsync($, static reader => {field.Read}, cancellationToken)"),
        };
    }
}
