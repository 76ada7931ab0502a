using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using VmProxy.Vim25.Generator.Model;

namespace VmProxy.Vim25.Generator;

/// <summary>What the generator says about a schema that it cannot turn into code.</summary>
internal static class Diagnostics
{
    private static readonly DiagnosticDescriptor BadSchema = new(
        "VIM25001", "The schema in wsdl/ cannot be used", "{0}", "VmProxy.Vim25", DiagnosticSeverity.Error, isEnabledByDefault: true);

    public static Diagnostic From(SchemaProblem problem) => Diagnostic.Create(
        BadSchema,
        Location.Create(problem.Place.Path, default, new LinePositionSpan(problem.Place.Position, problem.Place.Position)),
        problem.Message);
}
