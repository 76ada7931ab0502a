using VmProxy.Vim25.Generator.Model;

namespace VmProxy.Vim25.Generator.Emitting;

/// <summary>Writes the one place that makes an object from a name on the wire; no reflection, so trimming keeps working.</summary>
internal static class FactoryEmitter
{
    public static string Emit(Schema schema)
    {
        var code = CodeWriter.StartFile();
        code.Open("internal static class VimTypes");
        code.Open("public static DataObject? Create(string name) => name switch");
        foreach (var type in schema.DataTypes)
        {
            code.Line($"\"{type.Name}\" => new {Names.Type(type.Name)}(),");
        }

        code.Line("_ => null,");
        code.Close("};");
        code.Open("public static VimRequest? CreateRequest(string operation) => operation switch");
        foreach (var operation in schema.Operations)
        {
            code.Line($"\"{operation.Name}\" => new {Names.Request(operation.Request.Name)}(),");
        }

        code.Line("_ => null,");
        code.Close("};");
        var enums = schema.Enums.Select(type => $"\"{type.Name}\"").ToList();
        code.Line($"public static bool IsEnum(string name) => {(enums.Count == 0 ? "false" : "name is " + string.Join(" or ", enums))};");
        code.Close();
        return code.ToString();
    }
}
