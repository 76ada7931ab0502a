using Microsoft.CodeAnalysis;
using VmProxy.Vim25.Generator.Emitting;
using VmProxy.Vim25.Generator.Model;
using VmProxy.Vim25.Generator.Reading;

namespace VmProxy.Vim25.Generator;

/// <summary>
/// Turns the files of wsdl/ into data types, requests, a client and a schema table. Each file is parsed by itself into values that
/// compare by content, so a change elsewhere in the project, or of a comment in a schema, runs nothing again.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class Vim25Generator : IIncrementalGenerator
{
    /// <summary>Names of the steps, by which a test sees what was cached.</summary>
    public const string FilesStep = "Vim25Files";

    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var files = context.AdditionalTextsProvider
            .Where(static text => IsSchema(text.Path))
            .Select(static (text, cancellation) => SchemaFileReader.Read(text.Path, text.GetText(cancellation)?.ToString() ?? ""))
            .WithTrackingName(FilesStep);
        context.RegisterSourceOutput(files.Collect(), static (output, schemas) => Emit(output, Schema.Resolve(schemas)));
    }

    private static bool IsSchema(string path) =>
        Path.GetExtension(path) is ".xsd" or ".wsdl"
        || Path.GetFileName(path).EndsWith("-managed.xml", StringComparison.Ordinal);

    private static void Emit(SourceProductionContext output, Schema schema)
    {
        foreach (var problem in schema.Problems)
        {
            output.ReportDiagnostic(Diagnostics.From(problem));
        }

        if (schema.Problems.Count > 0 || schema.Files.Count == 0)
        {
            return;
        }

        foreach (var file in schema.Files.Where(file => schema.DataTypesOf(file).Any()))
        {
            output.AddSource($"Types.{Path.GetFileNameWithoutExtension(file.Name)}.g.cs", DataTypeEmitter.EmitDataTypes(schema, schema.DataTypesOf(file)));
        }

        output.AddSource("Enums.g.cs", EnumEmitter.Emit(schema));
        output.AddSource("Requests.g.cs", DataTypeEmitter.EmitRequests(schema));
        output.AddSource("VimClient.g.cs", ClientEmitter.Emit(schema));
        output.AddSource("VimTypes.g.cs", FactoryEmitter.Emit(schema));
        output.AddSource("SchemaText.g.cs", SchemaEmitter.Emit(schema));
    }
}
