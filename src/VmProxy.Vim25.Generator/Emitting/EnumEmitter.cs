using VmProxy.Vim25.Generator.Model;

namespace VmProxy.Vim25.Generator.Emitting;

/// <summary>Writes the known values of each enumeration as string constants: a newer server may send others.</summary>
internal static class EnumEmitter
{
    public static string Emit(Schema schema)
    {
        var code = CodeWriter.StartFile();
        foreach (var type in schema.Enums)
        {
            code.Open($"public static class {Names.Type(type.Name)}");
            foreach (var (name, value) in Names.Constants(type.Values).Zip(type.Values, (name, value) => (name, value)))
            {
                code.Line($"public const string {name} = \"{value}\";");
            }

            code.Close();
        }

        return code.ToString();
    }
}
