using System.Reflection;

namespace VmProxy.Engine;

/// <summary>The version of this program.</summary>
static class ProgramVersion
{
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
