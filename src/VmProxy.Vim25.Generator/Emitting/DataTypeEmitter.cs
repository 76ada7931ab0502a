using VmProxy.Vim25.Generator.Model;

namespace VmProxy.Vim25.Generator.Emitting;

/// <summary>Writes a class for each data object and each request: properties, reader, ordered writer.</summary>
internal static class DataTypeEmitter
{
    public static string EmitDataTypes(Schema schema, IEnumerable<ComplexType> types)
    {
        var code = CodeWriter.StartFile();
        foreach (var type in types)
        {
            var name = Names.Type(type.Name);
            code.Open($"public partial class {name} : {(type.Base is null ? "DataObject" : Names.Type(type.Base))}");
            code.Line($"public override string TypeName => \"{type.Name}\";");
            EmitMembers(code, schema, type, name);
            code.Close();
        }

        return code.ToString();
    }

    public static string EmitRequests(Schema schema)
    {
        var code = CodeWriter.StartFile();
        foreach (var operation in schema.Operations)
        {
            var name = Names.Request(operation.Request.Name);
            code.Open($"public sealed partial class {name} : VimRequest");
            code.Line($"public override string OperationName => \"{operation.Name}\";");
            code.Line($"public override string TypeName => \"{operation.Request.Name}\";");
            EmitMembers(code, schema, operation.Request, name);
            code.Close();
        }

        return code.ToString();
    }

    private static void EmitMembers(CodeWriter code, Schema schema, ComplexType type, string className)
    {
        var fields = type.Fields.Select(field => new FieldCode(schema, field, className)).ToList();
        if (fields.Count == 0)
        {
            return;
        }

        foreach (var field in fields)
        {
            code.Line((field.Property == "This" ? field.Declaration.Replace("public ", "public override ") : field.Declaration));
        }

        code.Open("internal override bool ReadField(VimReader reader, string name)");
        code.Open("switch (name)");
        foreach (var field in fields)
        {
            code.Line($"case \"{field.WireName}\": {field.Assign} return true;");
        }

        code.Line("default: return base.ReadField(reader, name);");
        code.Close();
        code.Close();
        code.Open("internal override void WriteFields(VimWriter writer)");
        code.Line("base.WriteFields(writer);");
        foreach (var field in fields)
        {
            code.Line(field.Write);
        }

        code.Close();
        code.Open("public override object? GetField(string name) => name switch");
        foreach (var field in fields)
        {
            code.Line($"\"{field.WireName}\" => {field.AsAny},");
        }

        code.Line("_ => base.GetField(name),");
        code.Close("};");
    }
}
